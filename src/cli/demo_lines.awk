# demo_lines.awk - fifty plausible applications of one regency, as JSON lines for `jemput apply --from`.
#
#   awk -v regency=32.03 -v today=DAYS -v out=FOLDER -f demo_lines.awk villages.csv
#
# today: days since 1970-01-01. Writes FOLDER/{van1,van2}-{early,late}.jsonl and, for every third application, the
# papers that belong to it as FOLDER/papers/*.pdf, each listed on stdout. Every person is made up; the villages are
# real ones, and each NIK begins with the district of its village. One person goes to both vans for the same card.

BEGIN {
    FS = ","
    split("Asep Dadan Ujang Cecep Yayan Hendra Rizky Iwan Deden Agus Taufik Dudung Wawan Ridwan Jajang Usep", men, " ")
    split("Neneng Euis Dewi Siti Imas Yanti Lilis Rina Nurhayati Cucu Ai Tati Wulan Intan Popon Reni", women, " ")
    split("Hidayat Suryana Permana Nugraha Saepudin Mulyana Kurniawan Setiawan Gunawan Firmansyah Hermawan Sobandi " \
        "Rohmana Supriatna", last_men, " ")
    split("Kartika Rahayu Komalasari Nuraeni Kurniasih Lestari Herlina Sumiati Rohaeti Maryati Solihah Anggraeni " \
        "Fitriani Mulyani", last_women, " ")
    split("Pasir Muncang,Babakan,Cibodas Hilir,Sukamulya,Legok Nangka,Ciwalen,Kebon Jati,Lembur Tengah", hamlets, ",")
    seed = 20260
}

$2 ~ "^" regency "\\." {
    village_code[++villages] = $1
    gsub(/\./, "", village_code[villages])
    village_name[villages] = $3
}

# ---- chance, the same on every run and with every awk ----
function below(n) {
    seed = (seed * 16807) % 2147483647
    return seed % n
}
function pick(list,    n, i) {
    for (i in list) n++
    return list[1 + below(n)]
}
function digits(n,    s) {
    while (n-- > 0) s = s below(10)
    return s
}

# ---- days: a day number into YYYY-MM-DD (proleptic Gregorian) ----
function date_of(day,    z, era, doe, yoe, doy, mp, y, m) {
    z = day + 719468
    era = int(z / 146097)
    doe = z - era * 146097
    yoe = int((doe - int(doe / 1460) + int(doe / 36524) - int(doe / 146096)) / 365)
    doy = doe - (365 * yoe + int(yoe / 4) - int(yoe / 100))
    mp = int((5 * doy + 2) / 153)
    m = mp < 10 ? mp + 3 : mp - 9
    y = yoe + era * 400 + (m <= 2)
    return sprintf("%04d-%02d-%02d", y, m, doy - int((153 * mp + 2) / 5) + 1)
}
function born(least, most) {
    return date_of(today - int(365.25 * least) - below(int(365.25 * (most - least))) - 2)
}
function nik_of(birth, sex, district) {
    return district sprintf("%02d", substr(birth, 9, 2) + (sex == "P" ? 40 : 0)) substr(birth, 6, 2) \
        substr(birth, 3, 2) sprintf("%04d", 1 + below(30))
}
function full_name(sex) {
    return sex == "P" ? pick(women) " " pick(last_women) : pick(men) " " pick(last_men)
}

# ---- one form ----
function put(key, value) {
    set = set (set == "" ? "" : ",") "\"" key "\":\"" value "\""
}
function person(service,    i) {
    i = 1 + below(villages)
    village = village_code[i]
    place = village_name[i]
    district = substr(village, 1, 6)
    sex = below(2) ? "P" : "L"
    birth = born(19, 64)
    nik = nik_of(birth, sex, district)
    name = full_name(sex)
    kk = district sprintf("%02d%02d%02d%04d", 1 + below(28), 1 + below(12), 8 + below(17), 1 + below(40))
    phone = "0812" digits(8)
    address = "Kp. " pick(hamlets) sprintf(" RT %02d/RW %02d", 1 + below(9), 1 + below(12))
    if (service !~ /^(samsat|pdam|pbb|sim|nib)$/) put("kk", kk)
    put("phone", phone)
    put("village", village)
    put("address", address)
}
function form(service,    child, child_sex) {
    set = ""
    person(service)
    child_sex = below(2) ? "P" : "L"
    if (service == "ktp-el") {
        put("birth_date", birth); put("sex", sex)
        put("request", below(3) ? "rusak" : "perubahan"); put("recorded", "ya")
    } else if (service == "kartu-keluarga") {
        put("birth_date", birth); put("sex", sex)
        put("request", below(2) ? "tambah-anggota" : "pisah-kk"); put("head_name", name); put("member_count", 2 + below(5))
    } else if (service == "akta-kelahiran") {
        put("child_name", full_name(child_sex)); put("child_sex", child_sex)
        put("child_birth_date", date_of(today - 5 - below(50))); put("birth_place", "Cianjur")
        put("place_kind", below(2) ? "puskesmas" : "rs-rb"); put("birth_kind", "tunggal")
        put("birth_order", 1 + below(3)); put("attendant", "bidan-perawat")
        put("mother_nik", sex == "P" ? nik : nik_of(born(20, 40), "P", district))
    } else if (service == "kia") {
        child = born(1, 15)
        put("request", "baru"); put("child_nik", nik_of(child, child_sex, district)); put("child_name", full_name(child_sex))
        put("child_birth_date", child); put("child_sex", child_sex)
        put("birth_certificate_number", "3203-LT-" digits(8) "-" digits(4)); put("relation", sex == "P" ? "ibu" : "ayah")
    } else if (service == "akta-kematian") {
        child = born(60, 88)
        put("deceased_nik", nik_of(child, child_sex, district)); put("deceased_name", full_name(child_sex))
        put("death_date", date_of(today - 3 - below(20))); put("death_place", place); put("cause", "sakit-tua")
        put("attester", "kepala-desa"); put("relation", "anak")
    } else if (service == "pindah") {
        put("direction", "pindah"); put("reason", "pekerjaan"); put("destination_village", village_code[1 + below(villages)])
        put("destination_address", "Jl. Melati No. " 1 + below(90)); put("move_kind", "anggota"); put("member_count", 1)
    } else if (service == "biodata-nik") {
        child = born(0.2, 2)
        put("subject_name", full_name(child_sex)); put("subject_sex", child_sex); put("subject_birth_place", "Cianjur")
        put("subject_birth_date", child); put("religion", "islam"); put("marital_status", "belum-kawin")
        put("education", "tidak-sekolah"); put("occupation", "belum bekerja"); put("mother_name", full_name("P"))
    } else if (service == "ikd") {
        put("email", "warga" digits(5) "@contoh.example"); put("device", "android"); put("has_ktp", "ya")
    } else if (service == "samsat") {
        put("plate", "F " 2000 + below(4000) " X" sprintf("%c", 65 + below(26)))
        put("vehicle_kind", "sepeda-motor"); put("owner_name", name); put("is_owner", "ya")
        put("tax_due", date_of(today + below(25)))
    } else if (service == "sim") {
        put("birth_date", birth); put("sex", sex)
        put("sim_class", "C"); put("sim_number", digits(14)); put("sim_expiry", date_of(today + 3 + below(40)))
    } else if (service == "paspor") {
        put("birth_date", birth); put("sex", sex)
        put("request", "baru"); put("passport_kind", "elektronik-10"); put("group_name", "Jemaah Al-Ikhlas")
        put("birth_place", "Cianjur"); put("purpose", "ibadah"); put("mother_name", full_name("P"))
    } else if (service == "nib") {
        put("scale", "mikro"); put("business_name", "Warung " place); put("activity", "perdagangan eceran")
        put("business_village", village); put("business_address", address); put("capital", 1000000 * (3 + below(20)))
        put("workers", 1 + below(3))
    } else if (service == "bpjs-kesehatan") {
        put("email", "warga" digits(5) "@contoh.example"); put("class", "3"); put("member_count", 2 + below(4))
        put("clinic", "Puskesmas " place); put("bank", "BJB"); put("account_number", digits(13)); put("account_holder", name)
    } else if (service == "pbb") {
        put("nop", "3203" digits(14)); put("change_kind", "mutasi-nama"); put("object_village", village)
        put("object_address", address); put("land_m2", 60 + below(300)); put("proof_kind", "ajb")
    } else if (service == "pdam") {
        put("building_kind", "rumah-tangga"); put("site_village", village); put("site_address", address)
        put("land_status", "milik-sendiri"); put("occupants", 2 + below(5))
    }
}

# ---- papers: a sheet of A5 for the camera, drawn in PDF operators, marked as a specimen ----
function line_at(x, y, size, text) {
    gsub(/[\\()]/, "\\\\&", text)
    body = body sprintf("BT /F1 %d Tf %d %d Td (%s) Tj ET\n", size, x, y, text)
}
function draw(title, second,    i, y) {
    body = "0.86 g 20 20 380 555 re f 0.98 g 26 26 368 543 re f 0 g 0.8 w\n"
    line_at(60, 535, 17, title)
    line_at(60, 518, 9, "CONTOH - BUKAN DOKUMEN KEPENDUDUKAN")
    line_at(60, 490, 11, "Nama     : " name)
    line_at(60, 474, 11, "NIK      : " nik)
    line_at(60, 458, 11, "Alamat   : " address)
    line_at(60, 442, 11, "Desa/Kel : " place)
    for (i = 0; i < 9; i++) {
        y = 410 - i * 26
        body = body sprintf("50 %d m 370 %d l S\n", y, y)
        if (i == 8) break
        line_at(57, y - 17, 9, i + 1)
        line_at(84, y - 17, 9, full_name(i % 2 ? "P" : "L"))
        line_at(258, y - 17, 9, born(1, 70))
    }
    body = body "50 410 m 50 202 l S 370 410 m 370 202 l S 76 410 m 76 202 l S 250 410 m 250 202 l S\n"
    if (second) line_at(60, 120, 10, "Halaman dua memuat pernyataan pemohon.")
    line_at(250, 90, 10, "Cianjur, " date_of(today))
}
function object(text) {
    offset[++objects] = length(pdf)
    pdf = pdf objects " 0 obj\n" text "\nendobj\n"
}
# Page i is object 3 + 2i, its content the object after it.
function paper(file, title, pages,    i, kids, start) {
    pdf = "%PDF-1.4\n"
    objects = 0
    for (i = 0; i < pages; i++) kids = kids (3 + 2 * i) " 0 R "
    object("<< /Type /Catalog /Pages 2 0 R >>")
    object("<< /Type /Pages /Count " pages " /Kids [ " kids "] >>")
    for (i = 0; i < pages; i++) {
        draw(title, i > 0)
        object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents " (4 + 2 * i) \
            " 0 R /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Courier >> >> >> >>")
        object("<< /Length " length(body) " >>\nstream\n" body "endstream")
    }
    start = length(pdf)
    pdf = pdf "xref\n0 " objects + 1 "\n0000000000 65535 f \n"
    for (i = 1; i <= objects; i++) pdf = pdf sprintf("%010d 00000 n \n", offset[i])
    pdf = pdf "trailer\n<< /Size " objects + 1 " /Root 1 0 R >>\nstartxref\n" start "\n%%EOF\n"
    file = out "/papers/" file ".pdf"
    printf "%s", pdf > file
    close(file)
    print file
}
# The form as a PDF of two pages, the card as a picture that the caller makes of its PDF.
function papers(service, n,    first) {
    if (service == "ktp-el" || service == "kartu-keluarga") {
        first = service == "ktp-el" ? "kk" : "kk-lama"
        paper("f-1-02-" n, "FORMULIR F-1.02", 2)
        paper("kk-" n, "KARTU KELUARGA", 1)
        return "\"f-1-02\":\"papers/f-1-02-" n ".pdf\",\"" first "\":\"papers/kk-" n ".jpg\""
    }
    first = service ~ /^(akta-kelahiran|kia)$/ ? "kk" : service == "akta-kematian" ? "kk-almarhum" : ""
    if (first == "") return ""
    paper("kk-" n, "KARTU KELUARGA", 1)
    return "\"" first "\":\"papers/kk-" n ".jpg\""
}

function emit(van, when, service, attach) {
    printf "{\"service\":\"%s\",\"nik\":\"%s\",\"name\":\"%s\",\"set\":{%s}%s}\n", service, nik, name, set,
        attach == "" ? "" : ",\"attach\":{" attach "}" > (out "/van" van "-" when ".jsonl")
}

END {
    if (villages == 0) {
        print "demo_lines.awk: no villages of " regency > "/dev/stderr"
        exit 1
    }
    plan = "ktp-el kartu-keluarga akta-kelahiran kia ktp-el samsat kartu-keluarga akta-kelahiran ikd ktp-el " \
        "pindah kia ktp-el nib kartu-keluarga akta-kelahiran sim ktp-el kia biodata-nik " \
        "ktp-el kartu-keluarga akta-kematian akta-kelahiran bpjs-kesehatan kia ktp-el pbb kartu-keluarga ikd " \
        "akta-kelahiran ktp-el paspor kia kartu-keluarga pdam ktp-el akta-kelahiran pindah ktp-el " \
        "kia samsat kartu-keluarga nib ktp-el akta-kematian ikd akta-kelahiran biodata-nik"
    count = split(plan, service, " ")
    for (i = 1; i <= count; i++) {
        form(service[i])
        van = i % 2 ? 1 : 2
        when = i <= 40 ? "early" : "late"
        emit(van, when, service[i], i % 3 == 1 ? papers(service[i], i) : "")
        if (i == 1) emit(2, "early", service[i], "") # goes to the other van's village the same morning
    }
}
