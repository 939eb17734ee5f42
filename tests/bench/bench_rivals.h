/* bench_rivals.h - the same events by other ways: each rival has its own server, and a relay before it that counts.
 *   git      a JSON file an event, one commit a round, `git push` over smart HTTP (the server of the caller)
 *   Fossil   the same files, one check-in a round, `fossil sync` over HTTP
 *   PouchDB  a document an event in LevelDB, replicated to express-pouchdb
 *   rsync    a row an event in a plain SQLite file, `rsync -z` to a daemon */
#ifndef TESTS_BENCH_RIVALS_H
#define TESTS_BENCH_RIVALS_H
#include "bench.h"
#include "bench_proxy.h"

enum bench_rival { BENCH_GIT = 0, BENCH_FOSSIL, BENCH_POUCHDB, BENCH_RSYNC, BENCH_RIVALS };
extern const char *const bench_rival_words[BENCH_RIVALS]; /* for the table */

struct bench_rivals {
    const char *root, *login;
    struct bench_server server[BENCH_RIVALS];
    struct bench_proxy proxy[BENCH_RIVALS];
};
/* Makes them empty under root. http: serves root's bare repositories to `login` ("user:password"). Both are borrowed. */
void bench_rivals_start(struct bench_rivals *rivals, const char *root, const struct bench_server *http,
    const char *login);
void bench_rivals_stop(struct bench_rivals *rivals);
/* Sends what is new: the JSON lines of root/lines, which are also one file each in root/fresh. */
struct bench_bytes bench_rivals_send(struct bench_rivals *rivals, enum bench_rival rival);
#endif
