/* entry.c - draws fields by their type and reads them back. */
#include "entry.h"

#include <string.h>

#include "jemput/clock.h"
#include "jemput/region.h"

#define ENTRY_CHOICES_SHOWN 5 /* up to so many options are radios, more are a list */
#define ENTRY_VILLAGES 40

void web_entry_release(struct web_entry *e)
{
    json_decref(e->values);
    json_decref(e->errors);
    json_decref(e->warnings);
    json_decref(e->villages);
    json_decref(e->marks);
    json_decref(e->fresh);
    *e = (struct web_entry){ .service = NULL };
}

void web_entry_wrong(struct web_entry *e, const char *field, const char *text, bool document)
{
    if (e->errors == NULL)
        e->errors = json_array();
    json_array_append_new(e->errors,
        json_pack("{s:s,s:s,s:b}", "field", field, "text", text, "document", (int)document));
}

void web_region(struct web_page *p, char out[16])
{
    struct jem_buf b = JEM_BUF_INIT(15);
    const struct jem_catalog *catalog = NULL;
    if (jem_store_meta_get(jem_app_store(p->app), "region", &b, NULL) != JEM_OK || b.len == 0) {
        jem_buf_clear(&b);
        if (jem_app_catalog(p->app, &catalog, NULL) == JEM_OK)
            jem_buf_str(&b, jem_catalog_region(catalog));
    }
    memcpy(out, jem_buf_text(&b), b.len + 1);
    jem_buf_release(&b);
}

/* ---- what nobody typed ---- */

void web_entry_shown(enum jem_field_type type, const char *value, struct jem_buf *out)
{
    struct jem_region region;
    char name[280];
    int32_t day;
    if (type == JEM_FIELD_VILLAGE && jem_region_find(value, &region)) {
        jem_region_full_name(region.code, name, sizeof name);
        jem_buf_fmt(out, "%s (%s)", name, region.code);
    } else if (type == JEM_FIELD_DATE && strlen(value) == 10 && value[4] == '-' &&
               jem_day_parse(value, &day, NULL) == JEM_OK) {
        jem_buf_fmt(out, "%.2s-%.2s-%.4s", value + 8, value + 5, value);
    } else {
        jem_buf_str(out, value);
    }
}

static enum jem_field_type entry_type(const struct jem_service *service, const char *name)
{
    const struct jem_field *field = jem_service_field(service, name);
    return field != NULL ? field->type : strcmp(name, "nik") == 0 ? JEM_FIELD_NIK : JEM_FIELD_TEXT;
}

void web_entry_fill(struct web_entry *e, const char *field, const char *value, const char *source)
{
    struct jem_buf mark = JEM_BUF_INIT(2048), shown = JEM_BUF_INIT(2000);
    if (*value == '\0' || *jem_json_str(e->values, field, "") != '\0')
        return;
    if (entry_type(e->service, field) == JEM_FIELD_VILLAGE)
        jem_buf_str(&shown, value);
    else
        web_entry_shown(entry_type(e->service, field), value, &shown);
    jem_buf_fmt(&mark, "%s=%s", source, jem_buf_text(&shown));
    if (e->marks == NULL)
        e->marks = json_object();
    json_object_set_new(e->values, field, json_string(jem_buf_text(&shown)));
    json_object_set_new(e->marks, field, json_string(jem_buf_text(&mark)));
    jem_buf_release(&mark);
    jem_buf_release(&shown);
}

void web_mark_text(const char *mark, struct jem_buf *out)
{
    static const char earlier[] = "earlier:";
    char number[JEM_NUMBER_TEXT] = "";
    if (strncmp(mark, "nik=", 4) == 0)
        jem_buf_str(out, jem_text(JEM_T_WEB_FROM_NIK));
    else if (strncmp(mark, "today=", 6) == 0)
        jem_buf_str(out, jem_text(JEM_T_WEB_FROM_TODAY));
    else if (strncmp(mark, "default=", 8) == 0)
        jem_buf_str(out, jem_text(JEM_T_WEB_FROM_DEFAULT));
    if (strncmp(mark, earlier, sizeof earlier - 1) != 0)
        return;
    mark += sizeof earlier - 1;
    size_t n = strcspn(mark, "=");
    memcpy(number, mark, n < sizeof number ? n : 0);
    jem_buf_fmt(out, jem_text(JEM_T_WEB_FROM_EARLIER), number);
}

bool web_entry_mark(const struct web_entry *e, const char *field, struct jem_buf *out)
{
    const char *mark = jem_json_str(e->marks, field, ""), *text = strchr(mark, '=');
    if (text == NULL || strcmp(text + 1, jem_json_str(e->values, field, "")) != 0)
        return false;
    web_mark_text(mark, out);
    return out->len > 0;
}

/* ---- reading ---- */

/* The last run of ten digits, dots forgiven, as in "Cikondang, Cibeber (32.03.01.2001)". */
static bool entry_code(const char *text, char out[11])
{
    size_t n = 0;
    bool found = false;
    char run[11];
    for (const char *p = text;; p++) {
        if (*p >= '0' && *p <= '9') {
            if (n < 10)
                run[n] = *p;
            n++;
            continue;
        }
        if (*p == '.' && n > 0)
            continue;
        if (n == 10) {
            memcpy(out, run, 10);
            out[10] = '\0';
            found = true;
        }
        n = 0;
        if (*p == '\0')
            return found;
    }
}

size_t web_village_meant(struct web_page *p, const char *typed, struct jem_region *found, size_t max)
{
    char code[11], within[16];
    if (entry_code(typed, code))
        return jem_region_find(code, &found[0]) && found[0].level == JEM_REGION_VILLAGE ? 1 : 0;
    web_region(p, within);
    return *typed ? jem_region_search(within, typed, found, max) : 0;
}

void web_village_ask(struct web_page *p, const char *typed, const struct jem_region *found, size_t count)
{
    struct jem_buf *b = p->b, shown = JEM_BUF_INIT(400);
    web_entry_shown(JEM_FIELD_VILLAGE, typed, &shown);
    web_html(b,
        "<label for=village>%t</label><input id=village name=village value=\"%s\" maxlength=300 required "
        "autocomplete=off aria-describedby=villageh><small id=villageh>%t</small>",
        JEM_T_WEB_VISIT_VILLAGE, jem_buf_text(&shown), JEM_T_WEB_VISIT_VILLAGE_HINT);
    jem_buf_release(&shown);
    if (count < 2)
        return;
    /* The first option is empty: whoever types another name instead does not get a village of the old one. */
    web_html(b, "<label for=chosen>%t</label><select id=chosen name=chosen><option value=\"\">%t",
        JEM_T_WEB_VISIT_VILLAGES, JEM_T_WEB_CHOOSE);
    for (size_t i = 0; i < count; i++) {
        char full[300];
        jem_region_full_name(found[i].code, full, sizeof full);
        web_html(b, "<option value=%s>%s", found[i].code, full);
    }
    jem_buf_str(b, "</select>");
}

size_t web_village_taken(struct web_page *p, struct jem_region *found, size_t max)
{
    const char *chosen = web_form_text(&p->r->form, "chosen");
    return web_village_meant(p, *chosen ? chosen : web_form_text(&p->r->form, "village"), found, max);
}

static void entry_village(struct web_page *p, struct web_entry *e, const char *name, const char *typed)
{
    struct jem_region found[ENTRY_VILLAGES];
    char code[11], field[64];
    struct jem_buf choice = JEM_BUF_INIT(sizeof field - 1);
    jem_buf_fmt(&choice, "v.%s", name);
    const char *chosen = web_form_text(&p->r->form, jem_buf_text(&choice));
    jem_buf_release(&choice);
    if (entry_code(*chosen ? chosen : typed, code)) {
        json_object_set_new(e->values, name, json_string(code));
        return;
    }
    size_t n = web_village_meant(p, typed, found, ENTRY_VILLAGES);
    if (n == 1)
        json_object_set_new(e->values, name, json_string(found[0].code));
    if (n < 2)
        return;
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        char full[300];
        jem_region_full_name(found[i].code, full, sizeof full);
        json_array_append_new(list, json_pack("{s:s,s:s}", "code", found[i].code, "name", full));
    }
    if (e->villages == NULL)
        e->villages = json_object();
    json_object_set_new(e->villages, name, list);
}

/* A mark stays as long as the value that it is about. */
static void entry_take_mark(struct web_page *p, struct web_entry *e, const char *name)
{
    struct jem_buf key = JEM_BUF_INIT(60);
    jem_buf_fmt(&key, "m.%s", name);
    const char *mark = web_form_text(&p->r->form, jem_buf_text(&key)), *text = strchr(mark, '=');
    jem_buf_release(&key);
    if (text == NULL || strcmp(text + 1, jem_json_str(e->values, name, "")) != 0)
        return;
    if (e->marks == NULL)
        e->marks = json_object();
    json_object_set_new(e->marks, name, json_string(mark));
}

static void entry_take(struct web_page *p, struct web_entry *e, const char *name, bool village)
{
    struct jem_buf key = JEM_BUF_INIT(60);
    jem_buf_fmt(&key, "f.%s", name);
    const char *text = web_form_get(&p->r->form, jem_buf_text(&key));
    jem_buf_release(&key);
    if (text == NULL)
        return;
    json_object_set_new(e->values, name, json_string(text));
    if (village)
        entry_village(p, e, name, text);
    entry_take_mark(p, e, name);
}

void web_entry_read(struct web_page *p, struct web_entry *e)
{
    json_decref(e->values);
    json_decref(e->marks);
    e->marks = NULL;
    e->values = json_object();
    entry_take(p, e, "nik", false);
    entry_take(p, e, "name", false);
    for (size_t i = 0; i < e->service->field_count; i++)
        entry_take(p, e, e->service->fields[i].name, e->service->fields[i].type == JEM_FIELD_VILLAGE);
}

void web_entry_read_rest(struct web_page *p, struct web_entry *e)
{
    const struct web_form *form = &p->r->form;
    for (size_t i = 0; i < form->count; i++) {
        const char *name = form->fields[i].name;
        if (strncmp(name, "f.", 2) == 0 && strlen(name) <= 42 && json_object_get(e->values, name + 2) == NULL)
            json_object_set_new(e->values, name + 2, json_string(form->fields[i].value));
    }
}

/* ---- faults ---- */

const char *web_entry_issue(const json_t *list, const char *field, bool document)
{
    size_t i;
    const json_t *it;
    json_array_foreach(list, i, it)
    {
        if (strcmp(jem_json_str(it, "field", ""), field) == 0 && jem_json_bool(it, "document", false) == document)
            return jem_json_str(it, "text", "");
    }
    return NULL;
}

void web_entry_summary(struct web_page *p, const struct web_entry *e, const char *failure)
{
    struct jem_buf *b = p->b;
    size_t i;
    const json_t *it;
    if (json_array_size(e->errors) == 0 && failure == NULL)
        return;
    web_html(b,
        "<div class=\"summary bad\" id=errors role=alert tabindex=-1 autofocus aria-labelledby=errorsh><h2 "
        "id=errorsh>%t</h2><ul>",
        JEM_T_WEB_ERRORS);
    if (failure != NULL)
        web_html(b, "<li>%s", failure);
    json_array_foreach(e->errors, i, it)
    {
        const char *field = jem_json_str(it, "field", ""), *text = jem_json_str(it, "text", "");
        if (*field == '\0')
            web_html(b, "<li>%s", text);
        else
            web_html(b, "<li><a href=\"#%s-%s\">%s</a>", jem_json_bool(it, "document", false) ? "d" : "f", field, text);
    }
    web_html(b, "</ul></div>");
}

/* ---- drawing ---- */

struct entry_field {
    const char *name, *label, *hint, *value, *error, *warning;
    enum jem_field_type type;
    bool required, fresh;
    bool first;                    /* gets the focus */
    const char *mark;              /* where the value is from; "" typed */
    const struct jem_field *field; /* NULL for the two that every form has */
};

/* ids of the hint and of the fault, for assistive technology. */
static void entry_described(struct jem_buf *b, const struct entry_field *f)
{
    bool fault = f->error != NULL || f->warning != NULL;
    if (*f->hint || fault)
        web_html(b, " aria-describedby=\"%s%s%s%s%s\"", *f->hint ? "h-" : "", *f->hint ? f->name : "",
            *f->hint && fault ? " " : "", fault ? "e-" : "", fault ? f->name : "");
    if (f->error != NULL)
        jem_buf_str(b, " aria-invalid=true");
    if (f->required)
        jem_buf_str(b, " required");
}

static void entry_notes(struct jem_buf *b, const struct entry_field *f)
{
    if (*f->hint)
        web_html(b, "<small id=\"h-%s\">%s</small>", f->name, f->hint);
    if (f->error != NULL)
        web_html(b, "<p class=\"fault bad\" id=\"e-%s\">%s</p>", f->name, f->error);
    else if (f->warning != NULL)
        web_html(b, "<p class=\"fault wait\" id=\"e-%s\">%s</p>", f->name, f->warning);
}

static void entry_optional(struct jem_buf *b, const struct entry_field *f)
{
    if (!f->required)
        web_html(b, "<span>%t</span>", JEM_T_WEB_OPTIONAL);
    if (f->fresh)
        web_html(b, " <span class=\"badge wait\">%t</span>", JEM_T_WEB_CARRY_FRESH);
}

static void entry_from(struct jem_buf *b, const struct web_entry *e, const struct entry_field *f)
{
    if (*f->mark)
        web_html(b, "<small class=from id=\"m-%s\">%s<input type=hidden name=\"m.%s\" value=\"%s\"></small>", f->name,
            f->mark, f->name, jem_json_str(e->marks, f->name, ""));
}

static void entry_radios(struct jem_buf *b, const struct web_entry *e, const struct entry_field *f,
    const struct jem_option *options, size_t count)
{
    web_html(b, "<fieldset class=\"field radios\" id=\"f-%s\" tabindex=-1", f->name);
    bool fault = f->error != NULL || f->warning != NULL;
    if (*f->hint || fault)
        web_html(b, " aria-describedby=\"%s-%s\"", fault ? "e" : "h", f->name);
    web_html(b, "><legend>%s", f->label);
    entry_optional(b, f);
    jem_buf_str(b, "</legend><div>");
    for (size_t i = 0; i < count; i++)
        web_html(b, "<label><input type=radio name=\"f.%s\" value=\"%s\"%s%s%s> %s</label>", f->name, options[i].value,
            strcmp(options[i].value, f->value) == 0 ? " checked" : "", f->required ? " required" : "",
            f->first && i == 0 ? " autofocus" : "", jem_pair(options[i].label));
    jem_buf_str(b, "</div>");
    entry_notes(b, f);
    entry_from(b, e, f);
    jem_buf_str(b, "</fieldset>");
}

static void entry_select(struct jem_buf *b, const struct entry_field *f)
{
    web_html(b, "<select id=\"f-%s\" name=\"f.%s\"", f->name, f->name);
    entry_described(b, f);
    web_html(b, "%s><option value=\"\">%t", f->first ? " autofocus" : "", JEM_T_WEB_CHOOSE);
    for (size_t i = 0; i < f->field->option_count; i++) {
        const struct jem_option *o = &f->field->options[i];
        web_html(b, "<option value=\"%s\"%s>%s", o->value, strcmp(o->value, f->value) == 0 ? " selected" : "",
            jem_pair(o->label));
    }
    jem_buf_str(b, "</select>");
}

/* Which keyboard, how long, and what a browser may remember: nothing, a counter sees a hundred people a day. */
static const char *entry_input(enum jem_field_type type)
{
    switch (type) {
    case JEM_FIELD_NIK: return " inputmode=numeric maxlength=24 class=digits data-nik";
    case JEM_FIELD_KK: return " inputmode=numeric maxlength=24 class=digits";
    case JEM_FIELD_INTEGER:
    case JEM_FIELD_MONEY: return " inputmode=numeric maxlength=20 class=short";
    case JEM_FIELD_DATE: return " inputmode=numeric maxlength=10 class=short data-date";
    case JEM_FIELD_PHONE: return " type=tel maxlength=24 class=digits";
    case JEM_FIELD_EMAIL: return " type=email maxlength=120";
    case JEM_FIELD_VILLAGE: return " maxlength=300 data-desa";
    default: return "";
    }
}

static void entry_villages(struct jem_buf *b, const struct entry_field *f, const json_t *list)
{
    size_t i;
    const json_t *it;
    web_html(b, "<select name=\"v.%s\" aria-label=\"%s\"><option value=\"\">%t", f->name, f->label, JEM_T_WEB_CHOOSE);
    json_array_foreach(list, i, it)
    {
        web_html(b, "<option value=\"%s\">%s", jem_json_str(it, "code", ""), jem_json_str(it, "name", ""));
    }
    jem_buf_str(b, "</select>");
}

static void entry_text(struct jem_buf *b, const struct entry_field *f, const json_t *villages)
{
    struct jem_buf shown = JEM_BUF_INIT(65536);
    web_entry_shown(f->type, f->value, &shown);
    web_html(b, "<input id=\"f-%s\" name=\"f.%s\" value=\"%s\" autocomplete=off spellcheck=false", f->name, f->name,
        jem_buf_text(&shown));
    jem_buf_release(&shown);
    jem_buf_str(b, entry_input(f->type));
    if (f->field != NULL && f->type == JEM_FIELD_TEXT)
        web_html(b, " maxlength=%d", (int)f->field->max_length);
    if (f->type == JEM_FIELD_VILLAGE)
        web_html(b, " list=\"l-%s\"", f->name);
    entry_described(b, f);
    jem_buf_str(b, f->first ? " autofocus>" : ">");
    if (f->type == JEM_FIELD_VILLAGE)
        web_html(b, "<datalist id=\"l-%s\"></datalist>", f->name);
    if (villages != NULL)
        entry_villages(b, f, villages);
}

static bool entry_wide(const struct entry_field *f)
{
    return f->type == JEM_FIELD_LONGTEXT || f->type == JEM_FIELD_VILLAGE;
}

static void entry_control(struct jem_buf *b, const struct web_entry *e, const struct entry_field *f)
{
    web_html(b, "<div class=\"field%s\"><label for=\"f-%s\">%s", entry_wide(f) ? " wide" : "", f->name, f->label);
    entry_optional(b, f);
    jem_buf_str(b, "</label>");
    if (f->type == JEM_FIELD_CHOICE) {
        entry_select(b, f);
    } else if (f->type == JEM_FIELD_LONGTEXT) {
        web_html(b, "<textarea id=\"f-%s\" name=\"f.%s\" rows=2 maxlength=%d", f->name, f->name,
            (int)f->field->max_length);
        entry_described(b, f);
        web_html(b, "%s>\n%s</textarea>", f->first ? " autofocus" : "", f->value);
    } else {
        entry_text(b, f, json_object_get(e->villages, f->name));
    }
    entry_notes(b, f);
    entry_from(b, e, f);
    jem_buf_str(b, "</div>");
}

static void entry_field_html(struct web_page *p, const struct web_entry *e, struct entry_field *f)
{
    static const struct jem_option yes_no[] = { { "ya", { "Ya", "Yes" } }, { "tidak", { "Tidak", "No" } } };
    struct jem_buf *b = p->b, mark = JEM_BUF_INIT(400);
    const json_t *it;
    size_t i;
    f->value = jem_json_str(e->values, f->name, "");
    f->error = web_entry_issue(e->errors, f->name, false);
    f->warning = web_entry_issue(e->warnings, f->name, false);
    f->mark = web_entry_mark(e, f->name, &mark) ? jem_buf_text(&mark) : "";
    json_array_foreach(e->fresh, i, it)
    {
        f->fresh = f->fresh || strcmp(jem_json_str(it, "field", ""), f->name) == 0;
    }
    if (f->type == JEM_FIELD_YESNO)
        entry_radios(b, e, f, yes_no, 2);
    else if (f->type == JEM_FIELD_CHOICE && f->field->option_count <= ENTRY_CHOICES_SHOWN)
        entry_radios(b, e, f, f->field->options, f->field->option_count);
    else
        entry_control(b, e, f);
    jem_buf_release(&mark);
}

static const char *entry_hint(const struct jem_field *field)
{
    const char *hint = jem_pair(field->hint);
    if (*hint)
        return hint;
    switch (field->type) {
    case JEM_FIELD_DATE: return jem_text(JEM_T_WEB_HINT_DATE);
    case JEM_FIELD_VILLAGE: return jem_text(JEM_T_WEB_HINT_VILLAGE);
    default: return "";
    }
}

/* The first field that is needed and blank, while nothing is wrong: the summary has the focus otherwise. */
static bool entry_first(const struct web_entry *e, bool *taken, const char *name, bool required)
{
    bool first = !e->look && !*taken && required && *jem_json_str(e->values, name, "") == '\0' &&
                 json_array_size(e->errors) == 0;
    *taken = *taken || first;
    return first;
}

void web_entry_fields(struct web_page *p, const struct web_entry *e,
    void (*below)(struct web_page *p, const struct web_entry *e))
{
    bool taken = false;
    struct entry_field nik = { .name = "nik",
        .label = jem_text(JEM_T_INTAKE_LABEL_NIK),
        .hint = jem_text(JEM_T_WEB_HINT_NIK),
        .type = JEM_FIELD_NIK,
        .required = true,
        .first = entry_first(e, &taken, "nik", true) };
    struct entry_field name = { .name = "name",
        .label = jem_text(JEM_T_INTAKE_LABEL_NAME),
        .hint = "",
        .type = JEM_FIELD_TEXT,
        .required = true,
        .first = entry_first(e, &taken, "name", true) };
    entry_field_html(p, e, &nik);
    entry_field_html(p, e, &name);
    if (below != NULL)
        below(p, e);
    for (size_t i = 0; i < e->service->field_count; i++) {
        const struct jem_field *field = &e->service->fields[i];
        struct entry_field f = { .name = field->name,
            .label = jem_pair(field->label),
            .hint = entry_hint(field),
            .type = field->type,
            .required = field->required,
            .first = entry_first(e, &taken, field->name, field->required),
            .field = field };
        entry_field_html(p, e, &f);
    }
}
