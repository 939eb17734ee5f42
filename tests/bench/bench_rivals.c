/* bench_rivals.c - git, Fossil, PouchDB and rsync, set up as their manuals say, each with its fewest bytes. rsync looks into the file
 * (-I): within one second neither its size nor its time need have changed. */
#include "bench_rivals.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const bench_rival_words[BENCH_RIVALS] = { "`git push`, a JSON file each", "Fossil, a JSON file each",
    "PouchDB to express-pouchdb", "`rsync -z` of an SQLite file" };

/* ---- servers ---- */

static void rivals_git(const struct bench_rivals *r)
{
    bench_shell(r->root,
        "git init -q -b main git && git init -q --bare plain.git && git -C plain.git config http.receivepack true && "
        "git -C git remote add origin http://%s@127.0.0.1:%u/plain.git",
        r->login, r->proxy[BENCH_GIT].port);
}

static void rivals_fossil(struct bench_rivals *r)
{
    char file[160], port[16];
    bench_shell(r->root, "export HOME=$PWD USER=van; fossil init --admin-user admin hub.fossil && "
                         "fossil user new van van@x.invalid rahasia -R hub.fossil && "
                         "fossil user capabilities van s -R hub.fossil");
    (void)snprintf(file, sizeof file, "%s/hub.fossil", r->root);
    unsigned at = bench_port_free();
    (void)snprintf(port, sizeof port, "%u", at);
    const char *const argv[] = { "fossil", "server", "--localhost", "--nojail", "--port", port, file, NULL };
    bench_server_start_at(&r->server[BENCH_FOSSIL], at, argv);
    bench_proxy_start(&r->proxy[BENCH_FOSSIL], at);
    bench_shell(r->root,
        "export HOME=$PWD USER=van; fossil clone --once --admin-user van http://van:rahasia@127.0.0.1:%u/ van.fossil "
        "&& "
        "mkdir fossil && cd fossil && fossil open ../van.fossil --user van --nosync && fossil settings autosync off",
        at);
}

static void rivals_pouchdb(struct bench_rivals *r)
{
    char dir[160];
    bench_shell(r->root, "mkdir pouchdb-hub");
    (void)snprintf(dir, sizeof dir, "%s/pouchdb-hub", r->root);
    const char *const argv[] = { "node", "tests/bench/npm/pouch.mjs", "serve", dir, NULL };
    bench_server_start(&r->server[BENCH_POUCHDB], argv);
    bench_proxy_start(&r->proxy[BENCH_POUCHDB], r->server[BENCH_POUCHDB].port);
}

static void rivals_rsync(struct bench_rivals *r)
{
    char file[160], option[200];
    unsigned at = bench_port_free();
    (void)snprintf(file, sizeof file, "%s/rsyncd.conf", r->root);
    FILE *f = fopen(file, "w");
    if (f == NULL)
        bench_die("cannot write %s", file);
    (void)fprintf(f, "port = %u\naddress = 127.0.0.1\nuse chroot = no\n%s[hub]\npath = %s/rsync-hub\nread only = no\n",
        at, geteuid() == 0 ? "uid = root\ngid = root\n" : "", r->root);
    if (fclose(f) != 0)
        bench_die("cannot write %s", file);
    bench_shell(r->root, "mkdir rsync-hub");
    (void)snprintf(option, sizeof option, "--config=%s", file);
    const char *const argv[] = { "rsync", "--daemon", "--no-detach", option, NULL };
    bench_server_start_at(&r->server[BENCH_RSYNC], at, argv);
    bench_proxy_start(&r->proxy[BENCH_RSYNC], at);
}

void bench_rivals_start(struct bench_rivals *rivals, const char *root, const struct bench_server *http,
    const char *login)
{
    *rivals = (struct bench_rivals){ .root = root, .login = login };
    bench_proxy_start(&rivals->proxy[BENCH_GIT], http->port);
    rivals_git(rivals);
    rivals_fossil(rivals);
    rivals_pouchdb(rivals);
    rivals_rsync(rivals);
}

void bench_rivals_stop(struct bench_rivals *rivals)
{
    for (int i = 0; i < BENCH_RIVALS; i++) {
        bench_proxy_stop(&rivals->proxy[i]);
        if (rivals->server[i].pid > 0)
            bench_server_stop(&rivals->server[i]);
    }
}

/* ---- sending ---- */

static void rivals_rows(const struct bench_rivals *r)
{
    char path[160], *line = NULL;
    size_t cap = 0;
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    (void)snprintf(path, sizeof path, "%s/lines", r->root);
    FILE *lines = fopen(path, "r");
    (void)snprintf(path, sizeof path, "%s/lines.db", r->root);
    bool good =
        lines != NULL && sqlite3_open(path, &db) == SQLITE_OK &&
        sqlite3_exec(db, "CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT; BEGIN",
            NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, "INSERT INTO event (body) VALUES (?1)", -1, &st, NULL) == SQLITE_OK;
    for (ssize_t n; good && (n = getline(&line, &cap, lines)) > 1;) {
        (void)sqlite3_bind_text(st, 1, line, (int)n - 1, SQLITE_STATIC);
        good = sqlite3_step(st) == SQLITE_DONE && sqlite3_reset(st) == SQLITE_OK;
    }
    (void)sqlite3_finalize(st);
    if (!good || sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        bench_die("%s: %s", path, sqlite3_errmsg(db));
    (void)sqlite3_close(db);
    (void)fclose(lines);
    free(line);
}

static void rivals_prepare(const struct bench_rivals *r, enum bench_rival rival)
{
    switch (rival) {
    case BENCH_GIT:
        bench_shell(r->root, "cp fresh/*.json git/ && git -C git add . && "
                             "git -C git -c user.name=van -c user.email=van@x.invalid commit -q -m work");
        break;
    case BENCH_FOSSIL:
        bench_shell(r->root, "export HOME=$PWD USER=van; cp fresh/*.json fossil/ && cd fossil && fossil addremove && "
                             "fossil commit -m work --no-warnings");
        break;
    case BENCH_RSYNC: rivals_rows(r); break;
    default: break;
    }
}

/* What was sent is there; the PouchDB script compares by itself. */
static void rivals_prove(const struct bench_rivals *r, enum bench_rival rival)
{
    switch (rival) {
    case BENCH_GIT:
        bench_shell(r->root, "[ $(git -C plain.git rev-parse main) = $(git -C git rev-parse main) ]");
        break;
    case BENCH_FOSSIL:
        bench_shell(r->root, "export HOME=$PWD; "
                             "[ $(fossil ls -R hub.fossil -r trunk | wc -l) = $(ls fossil | grep -c json) ]");
        break;
    case BENCH_RSYNC: bench_shell(r->root, "cmp lines.db rsync-hub/lines.db"); break;
    default: break;
    }
}

struct bench_bytes bench_rivals_send(struct bench_rivals *rivals, enum bench_rival rival)
{
    unsigned port = rivals->proxy[rival].port;
    rivals_prepare(rivals, rival);
    (void)bench_proxy_take(&rivals->proxy[rival]);
    switch (rival) {
    case BENCH_GIT: bench_shell(rivals->root, "git -C git push -q origin main"); break;
    case BENCH_FOSSIL:
        bench_shell(rivals->root,
            "export HOME=$PWD USER=van; cd fossil && fossil sync --once http://van:rahasia@127.0.0.1:%u/", port);
        break;
    case BENCH_POUCHDB:
        bench_shell(rivals->root,
            "node \"$BENCH_TOP/tests/bench/npm/pouch.mjs\" push pouchdb http://127.0.0.1:%u/hub lines", port);
        break;
    case BENCH_RSYNC: bench_shell(rivals->root, "rsync -Iz lines.db rsync://127.0.0.1:%u/hub/", port); break;
    default: bench_die("no such rival");
    }
    rivals_prove(rivals, rival);
    return bench_proxy_take(&rivals->proxy[rival]);
}
