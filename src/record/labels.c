/* labels.c - ids and stored values as people read them. */
#include "jemput/labels.h"

#include <string.h>

#include "jemput/clock.h"
#include "jemput/nik.h"
#include "jemput/region.h"

const char *jem_label_field(const struct jem_service *service, const char *name)
{
    const struct jem_field *field = service != NULL ? jem_service_field(service, name) : NULL;
    return field != NULL               ? jem_pair(field->label)
           : strcmp(name, "nik") == 0  ? jem_text(JEM_T_INTAKE_LABEL_NIK)
           : strcmp(name, "name") == 0 ? jem_text(JEM_T_INTAKE_LABEL_NAME)
                                       : name;
}

const char *jem_label_paper(const struct jem_service *service, const char *kind)
{
    for (size_t i = 0; service != NULL && i < service->requirement_count; i++)
        if (strcmp(service->requirements[i].kind, kind) == 0)
            return jem_pair(service->requirements[i].label);
    return strcmp(kind, "lain") == 0 ? jem_text(JEM_T_LABEL_PAPER_OTHER) : kind;
}

const char *jem_label_stage(const struct jem_service *service, enum jem_status status)
{
    bool named = service != NULL && status < JEM_STATUS_COUNT && service->stage_label[status][JEM_ID] != NULL;
    return named ? jem_pair(service->stage_label[status]) : jem_status_label(status);
}

static const char *label_choice(const struct jem_field *field, const char *value)
{
    for (size_t i = 0; i < field->option_count; i++)
        if (strcmp(field->options[i].value, value) == 0)
            return jem_pair(field->options[i].label);
    return value;
}

static void label_money(struct jem_buf *b, const char *digits)
{
    size_t n = strlen(digits);
    jem_buf_str(b, "Rp ");
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            jem_buf_byte(b, jem_lang_get() == JEM_LANG_EN ? ',' : '.');
        jem_buf_byte(b, (unsigned char)digits[i]);
    }
}

static enum jem_field_type label_type(const struct jem_field *field, const char *name, const char *value)
{
    if (field != NULL)
        return field->type;
    return strcmp(name, "nik") == 0 || jem_nik_shaped(value) ? JEM_FIELD_NIK : JEM_FIELD_TEXT;
}

void jem_label_value(struct jem_buf *b, const struct jem_field *field, const char *name, const char *value)
{
    char text[320];
    int32_t day;
    switch (label_type(field, name, value)) {
    case JEM_FIELD_NIK:
    case JEM_FIELD_KK: jem_nik_mask(value, text); break;
    case JEM_FIELD_DATE:
        if (jem_day_parse(value, &day, NULL) != JEM_OK) {
            jem_buf_str(b, value);
            return;
        }
        jem_day_human(day, text, sizeof text);
        break;
    case JEM_FIELD_VILLAGE:
        jem_region_full_name(value, text, sizeof text);
        if (*text == '\0') { /* of an older list of regions */
            jem_buf_str(b, value);
            return;
        }
        break;
    case JEM_FIELD_YESNO: jem_buf_str(b, jem_text(strcmp(value, "ya") == 0 ? JEM_T_LABEL_YES : JEM_T_LABEL_NO)); return;
    case JEM_FIELD_CHOICE: jem_buf_str(b, label_choice(field, value)); return;
    case JEM_FIELD_MONEY: label_money(b, value); return;
    default: jem_buf_str(b, value); return;
    }
    jem_buf_str(b, text);
}
