/* exchange.h - the link: enrolment, sync, hub. */
#ifndef JEMPUT_EXCHANGE_H
#define JEMPUT_EXCHANGE_H
#include "jemput/app.h"
#include "jemput/bundle.h"
/* Compares the words that were read on the telephone with those of a request or grant file. JEM_EDENIED: they differ */
JEM_NODISCARD enum jem_code jem_exchange_words_check(const char *path, const char *words, struct jem_error *err);
/* Results: {"file","words"} etc.; words are the fingerprint to compare by phone. */
JEM_NODISCARD enum jem_code jem_exchange_request(struct jem_app *app, const char *out_path, json_t **out,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_exchange_enrol(struct jem_app *app, const char *request_path, unsigned number,
    const char *out_path, json_t **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_exchange_accept(struct jem_app *app, const char *grant_path, json_t **out,
    struct jem_error *err);
/* {"pushed_events","confirmed_events","pending_events","pending_documents","bytes_up","bytes_down","slices","retries","received_events","refused",
 *  "stopped": "" or why it ended before all was sent: "budget"|"deadline"}; keeps last_sync_* in meta. */
JEM_NODISCARD enum jem_code jem_exchange_sync(struct jem_app *app, const struct jem_round_options *options,
    json_t **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_exchange_hub_set(struct jem_app *app, const char *url, json_t **out,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_exchange_hub_show(struct jem_app *app, json_t **out,
    struct jem_error *err); /* {"hub","user","ssh_public_key"} */
JEM_NODISCARD enum jem_code jem_exchange_hub_init(const char *dir, json_t **out, struct jem_error *err);
/* HQ: {"accepted_events","accepted_documents","quarantined","conflicts","duplicates"}; {"published_events","vans"}; both for sync. */
JEM_NODISCARD enum jem_code jem_exchange_merge(struct jem_app *app, const struct jem_round_options *options,
    json_t **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_exchange_publish(struct jem_app *app, const struct jem_round_options *options,
    json_t **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_exchange_hq_sync(struct jem_app *app, const struct jem_round_options *options,
    json_t **out, struct jem_error *err);
/* What a loop that syncs by itself has to know; hubs: one URL without credentials a line; ready: there is a hub, and the
 * store is enrolled; every_s: as it was set, 0 never. */
struct jem_auto {
    bool on, ready;
    int every_s;
    char hubs[8192];
};
JEM_NODISCARD enum jem_code jem_exchange_auto(struct jem_app *app, struct jem_auto *out, struct jem_error *err);
/* Kept in meta. */
JEM_NODISCARD enum jem_code jem_exchange_auto_set(struct jem_app *app, bool on, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_exchange_auto_every(struct jem_app *app, int every_s, struct jem_error *err);
/* A number that grows with each event of ours, on any lane: another one than before a round means that there is more to
 * send. 0 before enrolment. */
JEM_NODISCARD enum jem_code jem_exchange_head(struct jem_app *app, uint64_t *out, struct jem_error *err);
/* Without a network: {"exported": path,"refs","events","documents","carried","bytes"};
 * {"imported": path,"refs","events","documents","carried","bytes","refused"}; at HQ also "quarantined","conflicts","duplicates".
 * "refused": why a lane of the file was not taken, or "". */
JEM_NODISCARD enum jem_code jem_exchange_bundle_export(struct jem_app *app, const char *path,
    const struct jem_bundle_options *options, json_t **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_exchange_bundle_import(struct jem_app *app, const char *path, json_t **out,
    struct jem_error *err);
/* HQ's admin: new keys from here on (jem_keys_rotate). {"epoch"} */
JEM_NODISCARD enum jem_code jem_exchange_rotate(struct jem_app *app, json_t **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_exchange_signers(struct jem_app *app, struct jem_buf *out, struct jem_error *err);
#endif
