/* db.h - the store's handle and its way to SQLite. Private to src/store (and to the suites that tamper). */
#ifndef JEM_STORE_DB_H
#define JEM_STORE_DB_H
#include <sqlite3.h>

#include "jemput/codec.h"
#include "jemput/store.h"
#include "words.h"

#define JEM_DB_STATEMENTS 256 /* power of two; holds every statement text of this room at less than half */

/* A stream of the log and what stands at its end. */
struct jem_store_stream {
    uint16_t writer, lane, inc;
    int64_t id;      /* stream.id */
    bool head_known; /* seq, hlc and hash were read */
    uint64_t seq;    /* last event; 0: empty */
    uint64_t hlc;    /* of the last event */
    unsigned char hash[32];
};

struct jem_store {
    sqlite3 *db;
    char *dir;
    enum jem_role role;
    const struct jem_clock *clock;
    unsigned char *key; /* JEM_STORE_KEY_BYTES in sodium_malloc memory */

    struct {
        const char *sql; /* the address is the name of the statement */
        sqlite3_stmt *st;
    } cache[JEM_DB_STATEMENTS];

    /* What was read from the database; forgotten when another handle commits or a unit is rolled back. */
    int64_t data_version;
    int writer;
    uint16_t inc;
    bool hlc_known;
    uint64_t hlc;
    struct jem_store_stream *streams;
    size_t stream_count, stream_cap;
    size_t stream_last; /* index of the stream that was used last */
    bool streams_known; /* the list is whole */

    /* The open unit of work. */
    bool in_unit;
    bool postings_at_once;         /* many applications in this flush: see postings.c */
    struct jem_buf names_in;       /* numbers and names of rows whose postings are still to be written: see there */
    char (*words_in)[32];          /* words that this flush has put into `word` or found there: see postings.c */
    bool fitting;                  /* local tables are brought to this version: the log's triggers may be replaced */
    bool redacting;                /* bodies are being erased: see erase.c */
    bool erased_known, erased_any; /* whether any application is erased; known only inside a unit */
    bool rebuilding;               /* views are being folded anew: local tables stay as they are */
    struct jem_event_list fresh;   /* appended or imported, not yet projected */
    size_t fresh_bytes;
    int64_t tally_applications, tally_documents; /* not yet in hot */
    int64_t changed_rev;                         /* last of `changed`; 0: not read yet */
    uint64_t *minted;                            /* numbers given out in this unit */
    size_t minted_count, minted_cap;

    struct jem_words words; /* vocabulary for typing errors, read when first needed */
};

/* Opens or makes the encrypted file and sets the connection up. JEM_ENOTFOUND without `create` and file. */
JEM_NODISCARD enum jem_code jem_db_open(struct jem_store *store, const char *path, bool create, struct jem_error *err);
void jem_db_close(struct jem_store *store);

/* A statement ready to bind, prepared once a handle. `sql` must be static; *out is borrowed, NULL on failure. Give it
 * back with jem_db_done: a statement left in the middle keeps its read transaction open. */
JEM_NODISCARD enum jem_code jem_db_prepare(struct jem_store *store, const char *sql, sqlite3_stmt **out,
    struct jem_error *err);
void jem_db_done(sqlite3_stmt *st); /* NULL accepted */
/* Steps once. JEM_OK with *row true or false. */
JEM_NODISCARD enum jem_code jem_db_step(struct jem_store *store, sqlite3_stmt *st, bool *row, struct jem_error *err);
/* Steps a statement that gives no row, and gives it back. */
JEM_NODISCARD enum jem_code jem_db_run(struct jem_store *store, sqlite3_stmt *st, struct jem_error *err);
/* Several statements without values: schemas, BEGIN. */
JEM_NODISCARD enum jem_code jem_db_exec(struct jem_store *store, const char *sql, size_t n, struct jem_error *err);
/* The authorizer that keeps the log; off only while SQLite itself rewrites the file. */
void jem_db_authorize(struct jem_store *store, bool on);
/* Translates a result code of SQLite, with its system error number. */
enum jem_code jem_db_fail(struct jem_store *store, int rc, struct jem_error *err);
/* One integer of one row; `fallback` when there is no row or it is NULL. */
JEM_NODISCARD enum jem_code jem_db_int(struct jem_store *store, const char *sql, int64_t fallback, int64_t *out,
    struct jem_error *err);

/* Binding never fails for a good index: a failure is our bug and shows in the step. */
void jem_bind_int(sqlite3_stmt *st, int at, int64_t v);
void jem_bind_text(sqlite3_stmt *st, int at, const char *s); /* borrowed until done */
void jem_bind_blob(sqlite3_stmt *st, int at, const void *p, size_t n);
/* "" for NULL. Borrowed until the next step. */
const char *jem_column_text(sqlite3_stmt *st, int at);

/* A handle without a database. */
JEM_NODISCARD enum jem_code jem_store_new(const char *dir, const unsigned char *key, const struct jem_clock *clock,
    struct jem_store **out, struct jem_error *err);
/* After jem_db_open of an existing file: is it ours, which role has it; brings it up to this version. */
JEM_NODISCARD enum jem_code jem_store_ready(struct jem_store *store, struct jem_error *err);
/* Renames within `dir`, durably. JEM_EEXISTS: the name is taken, and not to be replaced */
JEM_NODISCARD enum jem_code jem_store_name_it(const char *dir, const char *from, const char *to, bool replace,
    struct jem_error *err);
/* Opens the database of a backup file (tar.h): to be written, which the first pages do, or only to be read. */
JEM_NODISCARD enum jem_code jem_db_open_tar(struct jem_store *store, const char *path, bool write,
    struct jem_error *err);

/* Forgets what was read when another handle has committed since. */
JEM_NODISCARD enum jem_code jem_store_refresh(struct jem_store *store, struct jem_error *err);
void jem_store_forget(struct jem_store *store);
/* JEM_EINTERNAL when no unit is open. */
JEM_NODISCARD enum jem_code jem_store_need_unit(const struct jem_store *store, struct jem_error *err);
/* Begins a unit unless one is open; *own tells jem_store_leave whether to end it. */
JEM_NODISCARD enum jem_code jem_store_enter(struct jem_store *store, bool *own, struct jem_error *err);
/* Ends an own unit: commits when rc is JEM_OK, else rolls back. Gives the resulting code. */
enum jem_code jem_store_leave(struct jem_store *store, bool own, enum jem_code rc, struct jem_error *err);
#endif
