/* recall.c - meta "hub.refs.<URL>" = "DAY INC\n", then "OID REF\n" for each ref. A store that was restored has another
 * incarnation, and does not believe what its backup remembers. */
#include "recall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/log.h"
#include "part.h"

#define RECALL_REFS_MAX 64
#define RECALL_TEXT_MAX ((size_t)RECALL_REFS_MAX * (JEM_OID_HEX + JEM_REF_MAX) + 64)

static void recall_key(const struct jem_trip *trip, char key[600])
{
    snprintf(key, 600, "hub.refs.%s", jem_link_url(trip->link));
}

static enum jem_code recall_text(struct jem_trip *trip, struct jem_buf *out, struct jem_error *err)
{
    char key[600];
    recall_key(trip, key);
    enum jem_code code = jem_store_meta_get(trip->store, key, out, err);
    return code == JEM_ENOTFOUND ? JEM_OK : code;
}

static void recall_first_line(const struct jem_trip *trip, char out[40])
{
    snprintf(out, 40, "%d %u\n", (int)jem_store_today(trip->store), (unsigned)jem_store_inc(trip->store));
}

/* The refs of `text`, at most RECALL_REFS_MAX; 0 for one of another day or incarnation, or that is not ours. */
static size_t recall_parse(const struct jem_trip *trip, char *text, struct jem_link_ref *refs)
{
    char first[40], *rest = NULL;
    size_t count = 0;
    recall_first_line(trip, first);
    if (strncmp(text, first, strlen(first)) != 0)
        return 0;
    for (char *line = strtok_r(text + strlen(first), "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        if (count == RECALL_REFS_MAX || strlen(line) < GIT_OID_HEXSZ + 2 ||
            strlen(line) >= GIT_OID_HEXSZ + JEM_REF_MAX || git_oid_fromstrn(&refs[count].oid, line, GIT_OID_HEXSZ) != 0)
            return 0;
        snprintf(refs[count++].name, JEM_REF_MAX, "%.*s", JEM_REF_MAX - 1, line + GIT_OID_HEXSZ + 1);
    }
    return count;
}

/* *good: a lane of ours is here with what was sent of it, and the feed was taken as it stood. *ahead: more of it is here. */
static enum jem_code recall_check(struct jem_trip *trip, const struct jem_link_ref *ref, bool *good, bool *ahead,
    struct jem_error *err)
{
    struct jem_lane_ref lane;
    git_oid here;
    bool there = false;
    *good = false;
    if (!jem_lane_parse(JEM_LANE_HEADS, ref->name, &lane))
        return JEM_OK;
    if (lane.kind == JEM_LANE_FEED) {
        enum jem_code code = jem_feed_head(trip, &lane, &here, &there, err);
        *good = there && git_oid_equal(&here, &ref->oid);
        return code;
    }
    enum jem_code code = jem_ledger_ref(trip->ledger, ref->name, &here, &there, err);
    *good = there && git_odb_exists(trip->ledger->odb, &ref->oid) != 0;
    *ahead = *ahead || (*good && !git_oid_equal(&here, &ref->oid));
    return code;
}

enum jem_code jem_recall(struct jem_trip *trip, bool waiting, bool *done, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(RECALL_TEXT_MAX);
    struct jem_link_ref *refs = calloc(RECALL_REFS_MAX, sizeof *refs);
    struct jem_outgoing doc;
    bool good = refs != NULL;
    *done = false;
    enum jem_code code = good ? recall_text(trip, &text, err) : jem_fail_nomem(err);
    size_t count = code == JEM_OK && text.len > 0 ? recall_parse(trip, (char *)text.data, refs) : 0;
    for (size_t i = 0; code == JEM_OK && good && i < count; i++)
        code = recall_check(trip, &refs[i], &good, &waiting, err);
    if (code == JEM_OK && good && count > 0 && !waiting)
        waiting = jem_store_outgoing_next(trip->store, &doc, NULL) == JEM_OK;
    if (code == JEM_OK && good && count > 0 && waiting)
        *done = jem_link_recall(trip->link, refs, count);
    free(refs);
    jem_buf_release(&text);
    return code;
}

void jem_recall_keep(struct jem_trip *trip, bool good)
{
    char key[600], hex[JEM_OID_HEX], first[40];
    size_t count;
    struct jem_buf was = JEM_BUF_INIT(RECALL_TEXT_MAX), now = JEM_BUF_INIT(RECALL_TEXT_MAX);
    const struct jem_link_ref *refs = jem_link_refs(trip->link, &count);
    if (good && jem_link_knows(trip->link)) {
        recall_first_line(trip, first);
        jem_buf_str(&now, first);
        for (size_t i = 0; i < count; i++) {
            struct jem_lane_ref lane;
            if (jem_lane_parse(JEM_LANE_HEADS, refs[i].name, &lane) && lane.van == trip->self)
                jem_buf_fmt(&now, "%s %s\n", git_oid_tostr(hex, sizeof hex, &refs[i].oid), refs[i].name);
        }
    }
    if (now.failed)
        jem_buf_clear(&now);
    recall_key(trip, key);
    if (recall_text(trip, &was, NULL) == JEM_OK && strcmp(jem_buf_text(&was), jem_buf_text(&now)) != 0 &&
        jem_store_meta_set(trip->store, key, jem_buf_text(&now), NULL) != JEM_OK)
        jem_log(JEM_LOG_WARN, "sync: what the hub held is not kept");
    jem_buf_release(&was);
    jem_buf_release(&now);
}
