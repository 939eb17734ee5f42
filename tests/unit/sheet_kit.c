/* sheet_kit.c - what scanners see, drawn. */
#include "sheet_kit.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int kit_px(double mm, unsigned dpi)
{
    return (int)(mm * dpi / 25.4 + 0.5);
}

static uint8_t kit_clip(int v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

void kit_grain(struct prop *g, PIX *pix, int levels)
{
    int w = pixGetWidth(pix), h = pixGetHeight(pix), n = pixGetDepth(pix) == 8 ? 1 : 3;
    for (int y = 0; y < h; y++) {
        uint32_t *row = pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);
        for (int x = 0; x < w; x++) {
            uint64_t r = prop_u64(g);
            for (int i = 0; i < n; i++, r >>= 16) {
                int d = (int)(r % (unsigned)(levels + 1)) + (int)((r >> 8) % (unsigned)(levels + 1)) - levels;
                int at = n == 1 ? x : x * 4 + i;
                SET_DATA_BYTE(row, at, kit_clip(GET_DATA_BYTE(row, at) + d));
            }
        }
    }
}

PIX *kit_paper(struct prop *g, double w_mm, double h_mm, unsigned dpi)
{
    PIX *page = pixCreate(kit_px(w_mm, dpi), kit_px(h_mm, dpi), 8);
    pixSetAllArbitrary(page, 232 + (unsigned)prop_below(g, 14));
    kit_grain(g, page, 3);
    return page;
}

/* Leptonica's own bitmap font, scaled to a line height in millimetres, black on white. */
#define KIT_LINE_PX 84
static PIX *kit_line(const char *text, double height_mm, unsigned dpi)
{
    L_BMF *bmf = bmfCreate(NULL, 20);
    int width = 0, overflow = 0;
    PIX *line = pixCreate(60 * (int)strlen(text) + 40, KIT_LINE_PX, 8);
    pixSetAll(line);
    pixSetTextline(line, bmf, text, 0, 10, KIT_LINE_PX * 3 / 4, &width, &overflow);
    BOX *box = boxCreate(0, 0, width + 20, KIT_LINE_PX);
    PIX *cut = pixClipRectangle(line, box, NULL);
    float scale = (float)(height_mm * dpi / 25.4 / KIT_LINE_PX);
    PIX *out = pixScale(cut, scale, scale);
    boxDestroy(&box);
    pixDestroy(&cut);
    pixDestroy(&line);
    bmfDestroy(&bmf);
    return out;
}

/* Darkens the page where the line is dark; `levels` 256 is full black. */
static void kit_print(PIX *page, PIX *line, int x0, int y0, int levels)
{
    int n = pixGetDepth(page) == 8 ? 1 : 3;
    for (int y = 0; y < pixGetHeight(line); y++)
        for (int x = 0; x < pixGetWidth(line); x++) {
            int px = x + x0, py = y + y0;
            if (px < 0 || py < 0 || px >= pixGetWidth(page) || py >= pixGetHeight(page))
                continue;
            int dark = 255 - GET_DATA_BYTE(pixGetData(line) + (size_t)y * (size_t)pixGetWpl(line), x);
            uint32_t *row = pixGetData(page) + (size_t)py * (size_t)pixGetWpl(page);
            for (int i = 0; i < n; i++) {
                int at = n == 1 ? px : px * 4 + i;
                SET_DATA_BYTE(row, at, kit_clip(GET_DATA_BYTE(row, at) - dark * levels / 256));
            }
        }
}

static void kit_write(PIX *page, unsigned dpi, double x_mm, double y_mm, double height_mm, int levels, const char *text)
{
    PIX *line = kit_line(text, height_mm, dpi);
    kit_print(page, line, kit_px(x_mm, dpi), kit_px(y_mm, dpi), levels);
    pixDestroy(&line);
}

static const char *const kit_words[] = { "yang", "bertanda", "tangan", "di", "bawah", "ini", "Kepala", "Desa",
    "Sukamaju", "Kecamatan", "dengan", "menerangkan", "bahwa", "tersebut", "adalah", "benar", "penduduk", "kami", "dan",
    "berdomisili", "pada", "alamat", "keterangan", "dibuat", "untuk", "dipergunakan", "sebagaimana", "mestinya",
    "Kabupaten", "warga", "berdasarkan", "surat", "pengantar", "Rukun", "Tetangga", "pengajuan", "kartu", "keluarga" };

void kit_text(struct prop *g, PIX *page, unsigned dpi)
{
    double w = pixGetWidth(page) * 25.4 / dpi, h = pixGetHeight(page) * 25.4 / dpi;
    kit_write(page, dpi, w / 2 - 45, 19, 7, 200, "PEMERINTAH DESA SUKAMAJU");
    for (int y = kit_px(28, dpi); y < kit_px(28.6, dpi); y++)
        for (int x = kit_px(20, dpi); x < kit_px(w - 20, dpi); x++)
            SET_DATA_BYTE(pixGetData(page) + (size_t)y * (size_t)pixGetWpl(page), x, 40);
    for (double y = 36; y < h - 40; y += 6.2) {
        char text[200] = "";
        size_t words = prop_below(g, 5) == 0 ? 3 : 10;
        for (size_t i = 0; i < words; i++) {
            const char *word = kit_words[prop_below(g, sizeof kit_words / sizeof *kit_words)];
            if (strlen(text) + strlen(word) + 2 < (w > 180 ? 74u : 46u)) {
                strncat(text, word, sizeof text - strlen(text) - 1);
                strncat(text, " ", sizeof text - strlen(text) - 1);
            }
        }
        kit_write(page, dpi, 22, y, 6, 190, text);
    }
}

void kit_stamp(PIX *page, unsigned dpi, double x_mm, double y_mm, int levels)
{
    PIX *stamp = pixCreate(kit_px(36, dpi), kit_px(36, dpi), 8);
    pixSetAll(stamp);
    for (int y = 0; y < pixGetHeight(stamp); y++)
        for (int x = 0; x < pixGetWidth(stamp); x++) {
            double r = hypot(x * 25.4 / dpi - 18, y * 25.4 / dpi - 18);
            if ((r > 15.8 && r < 17) || (r > 10 && r < 10.5))
                SET_DATA_BYTE(pixGetData(stamp) + (size_t)y * (size_t)pixGetWpl(stamp), x, 0);
        }
    kit_write(stamp, dpi, 10, 12, 5, 255, "KEPALA");
    kit_write(stamp, dpi, 10, 18, 5, 255, "DESA");
    kit_print(page, stamp, kit_px(x_mm, dpi), kit_px(y_mm, dpi), levels);
    pixDestroy(&stamp);
}

void kit_dust(struct prop *g, PIX *page, unsigned dpi, size_t count)
{
    while (count-- > 0) {
        int n = kit_px(0.1 + (double)prop_below(g, 60) / 100, dpi), x0, y0;
        x0 = (int)prop_below(g, (uint64_t)(pixGetWidth(page) - n));
        y0 = (int)prop_below(g, (uint64_t)(pixGetHeight(page) - n));
        for (int y = y0; y < y0 + n; y++)
            for (int x = x0; x < x0 + n; x++)
                SET_DATA_BYTE(pixGetData(page) + (size_t)y * (size_t)pixGetWpl(page), x, 60);
    }
}

void kit_photo(PIX *page, unsigned dpi, double x_mm, double y_mm, double w_mm, double h_mm)
{
    int x0 = kit_px(x_mm, dpi), y0 = kit_px(y_mm, dpi), w = kit_px(w_mm, dpi), h = kit_px(h_mm, dpi);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            double v = 120 + 70 * sin(x * 9.0 / w) * cos(y * 7.0 / h) + 40 * sin(x * 23.0 / w + y * 17.0 / h);
            uint32_t *row = pixGetData(page) + (size_t)(y + y0) * (size_t)pixGetWpl(page);
            if (pixGetDepth(page) == 8)
                SET_DATA_BYTE(row, x + x0, kit_clip((int)v));
            else
                row[x + x0] = (uint32_t)kit_clip((int)v + 30) << 24 | (uint32_t)kit_clip((int)v) << 16 |
                              (uint32_t)kit_clip((int)v - 20) << 8;
        }
}

static bool kit_in_corner(int x, int y, int w, int h, int r)
{
    int dx = x < r ? r - x : x >= w - r ? x - (w - r - 1) : 0;
    int dy = y < r ? r - y : y >= h - r ? y - (h - r - 1) : 0;
    return dx * dx + dy * dy > r * r;
}

PIX *kit_card(struct prop *g, unsigned dpi)
{
    int w = kit_px(85.6, dpi), h = kit_px(53.98, dpi);
    PIX *card = pixCreate(w, h, 32);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            int wave = (int)(8 * sin(x * 0.11 + 3 * sin(y * 0.03)));
            pixSetPixel(card, x, y,
                (uint32_t)(150 + wave + y * 40 / h) << 24 | (uint32_t)(190 + wave) << 16 | (uint32_t)(222 + wave) << 8);
        }
    kit_write(card, dpi, 20, 2, 5, 200, "PROVINSI JAWA BARAT");
    static const char *const rows[] = { "Nama            : SITI CONTOH", "Tempat/Tgl Lahir : SUKAMAJU, 01-01-1980",
        "Jenis kelamin   : PEREMPUAN", "Alamat          : JL MELATI 7", "Kel/Desa        : SUKAMAJU",
        "Kecamatan       : CIBIRU", "Agama           : ISLAM", "Berlaku Hingga  : SEUMUR HIDUP" };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        kit_write(card, dpi, 4, 11 + 4.4 * (double)i, 4, 190, rows[i]);
    kit_photo(card, dpi, 62, 14, 20, 26);
    kit_grain(g, card, 3);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            if (kit_in_corner(x, y, w, h, kit_px(3.2, dpi)))
                pixSetPixel(card, x, y, 0);
    return card;
}

/* Bilinear; false outside. */
static bool kit_at(PIX *pix, double x, double y, double out[3])
{
    int x0 = (int)floor(x), y0 = (int)floor(y), n = pixGetDepth(pix) == 8 ? 1 : 3;
    if (x0 < 0 || y0 < 0 || x0 + 1 >= pixGetWidth(pix) || y0 + 1 >= pixGetHeight(pix))
        return false;
    double fx = x - x0, fy = y - y0;
    out[0] = out[1] = out[2] = 0;
    for (int k = 0; k < 4; k++) {
        int px = x0 + (k & 1), py = y0 + (k >> 1);
        double f = (k & 1 ? fx : 1 - fx) * (k >> 1 ? fy : 1 - fy);
        const uint32_t *row = pixGetData(pix) + (size_t)py * (size_t)pixGetWpl(pix);
        if (n == 3 && row[px] == 0)
            return false; /* a round corner */
        for (int i = 0; i < 3; i++)
            out[i] += f * (n == 1 ? GET_DATA_BYTE(row, px) : GET_DATA_BYTE(row, px * 4 + i));
    }
    return true;
}

PIX *kit_lay(PIX *sheet, unsigned tone, double w_mm, double h_mm, unsigned dpi, double x_mm, double y_mm,
    double angle_deg)
{
    int w = kit_px(w_mm, dpi), h = kit_px(h_mm, dpi);
    PIX *bed = pixCreate(w, h, 32);
    double a = angle_deg * M_PI / 180, c = cos(a), s = sin(a), cx = x_mm * dpi / 25.4, cy = y_mm * dpi / 25.4;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            double dx = x + 0.5 - cx, dy = y + 0.5 - cy, v[3];
            double u = dx * c + dy * s + pixGetWidth(sheet) / 2.0, t = -dx * s + dy * c + pixGetHeight(sheet) / 2.0;
            uint32_t p = tone << 24 | tone << 16 | tone << 8;
            if (kit_at(sheet, u - 0.5, t - 0.5, v))
                p = (uint32_t)v[0] << 24 | (uint32_t)v[1] << 16 | (uint32_t)v[2] << 8;
            pixSetPixel(bed, x, y, p);
        }
    return bed;
}

PIX *kit_turn(PIX *sheet, double angle_deg, unsigned tone)
{
    int w = pixGetWidth(sheet), h = pixGetHeight(sheet);
    PIX *out = pixCreate(w, h, 8);
    double a = angle_deg * M_PI / 180, c = cos(a), s = sin(a);
    for (int y = 0; y < h; y++) {
        uint32_t *row = pixGetData(out) + (size_t)y * (size_t)pixGetWpl(out);
        for (int x = 0; x < w; x++) {
            double dx = x + 0.5 - w / 2.0, dy = y + 0.5 - h / 2.0, v[3] = { tone };
            (void)kit_at(sheet, dx * c + dy * s + w / 2.0 - 0.5, -dx * s + dy * c + h / 2.0 - 0.5, v);
            SET_DATA_BYTE(row, x, kit_clip((int)(v[0] + 0.5)));
        }
    }
    return out;
}

struct kit_way {
    double x, y, z;
};

static struct kit_way kit_rotated(const struct kit_view *v, struct kit_way a)
{
    double aside = v->aside * M_PI / 180, over = v->over * M_PI / 180, roll = v->roll * M_PI / 180;
    a = (struct kit_way){ a.x * cos(aside) + a.z * sin(aside), a.y, -a.x * sin(aside) + a.z * cos(aside) };
    a = (struct kit_way){ a.x, a.y * cos(over) - a.z * sin(over), a.y * sin(over) + a.z * cos(over) };
    return (struct kit_way){ a.x * cos(roll) - a.y * sin(roll), a.x * sin(roll) + a.y * cos(roll), a.z };
}

static double kit_dot(struct kit_way a, struct kit_way b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

PIX *kit_camera(PIX *sheet, const struct kit_view *v)
{
    double sw = pixGetWidth(sheet), sh = pixGetHeight(sheet), f = v->focal * (v->w > v->h ? v->w : v->h);
    double z = f / v->fill * fmax(sh / v->h, sw / v->w);
    struct kit_way right = kit_rotated(v, (struct kit_way){ 1, 0, 0 }),
                   down = kit_rotated(v, (struct kit_way){ 0, 1, 0 });
    struct kit_way up = kit_rotated(v, (struct kit_way){ 0, 0, 1 }), middle = { v->off * v->w * z / f, 0, z };
    PIX *out = pixCreate(v->w, v->h, 8);
    for (int y = 0; y < v->h; y++) {
        uint32_t *row = pixGetData(out) + (size_t)y * (size_t)pixGetWpl(out);
        for (int x = 0; x < v->w; x++) {
            struct kit_way ray = { (x + 0.5 - v->w / 2.0) / f, (y + 0.5 - v->h / 2.0) / f, 1 };
            double t = kit_dot(middle, up) / kit_dot(ray, up), rgb[3];
            struct kit_way on = { t * ray.x - middle.x, t * ray.y - middle.y, t * ray.z - middle.z };
            double u = kit_dot(on, right), d = kit_dot(on, down);
            double tone = v->table + 5 * sin(d * 60 / sh + 2 * sin(u * 9 / sh));
            if (kit_at(sheet, u + sw / 2 - 0.5, d + sh / 2 - 0.5, rgb))
                tone = rgb[0];
            SET_DATA_BYTE(row, x, kit_clip((int)(tone * (1 - 0.33 * x / v->w) + 0.5)));
        }
    }
    return out;
}

struct kit_jpeg kit_jpeg(PIX **pix, unsigned dpi)
{
    struct kit_jpeg out = { 0 };
    pixSetResolution(*pix, (int)dpi, (int)dpi);
    if (pixWriteMemJpeg(&out.p, &out.n, *pix, 85, 0) != 0)
        abort();
    pixDestroy(pix);
    return out;
}

void kit_jpeg_free(struct kit_jpeg *jpeg)
{
    lept_free(jpeg->p);
    *jpeg = (struct kit_jpeg){ 0 };
}
