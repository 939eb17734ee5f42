/* station_own.h - what the threads of a station share. Private to src/app. Everything is guarded by `lock` but for what says
 * otherwise; the locks of devices are taken before it, scanner before printer before readers, and held while a device is open. */
#ifndef APP_STATION_OWN_H
#define APP_STATION_OWN_H
#include <pthread.h>

#include "devices_own.h"
#include "jemput/printer.h"
#include "jemput/reader.h"
#include "jemput/station.h"
#include "tray_own.h"

#define STATION_PRINTS_MAX 32
#define STATION_READERS_MAX 8
#define STATION_ELSEWHERE_MAX 32
#define STATION_TICK_MS 400
#define STATION_WATCHED_MS 20000 /* pages are looked at when one asked within this */

enum station_step { STATION_IDLE = 0, STATION_SCAN, STATION_CHECK };
enum { STATION_TRY_PROGRAM = 1, STATION_TRY_PRINT = 2, STATION_TRY_SCAN = 4 };

struct station_scanner {
    char id[OWN_DEVICE_ID_CAP], name[128];
    enum jem_scanner_via via;
    bool here, usable, known; /* known: the list was made once */
    char why[320];
    struct jem_scanner_status status;
    size_t count;
};
struct station_printer {
    char id[128], name[128];
    bool here, usable, known, office;
    char why[320];
    enum jem_printer_state state;
    size_t count;
};
struct station_print {
    struct jem_app *app;
    uint64_t number;
    int64_t job;
    enum jem_lang lang;
};

struct jem_station {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_mutex_t scanner_lock, printer_lock, readers_lock; /* of the devices */
    pthread_t threads[3];
    size_t thread_count;
    struct jem_station_hooks hooks; /* fixed */
    struct jem_devices *devices;    /* fixed */
    bool end;
    int64_t watched_ms; /* monotonic */
    unsigned rev;
    struct jem_app *app[2]; /* lent for looking: scanner's thread, printer's thread; each used by that thread alone */
    bool look_scanner, look_printer, want_list, listing;
    json_t *list;

    struct station_scanner scanner;
    struct station_printer printer;

    /* the scan under way or the last one */
    enum station_step step;
    struct jem_app *job_app; /* of the officer who asked */
    enum jem_lang job_lang;
    char scan_tray[JEM_TRAY_NAME_MAX + 1], scan_kind[33], scan_service[65], scan_scanner[OWN_DEVICE_ID_CAP];
    struct jem_scan_in scan_in; /* its texts are those above */
    atomic_bool stop;
    bool scanned, scan_ok, resumable, half_sheet;
    unsigned pages;
    int64_t begun_ms, ended_ms;
    char scan_text[400], scan_end[24];
    struct {
        uint64_t number;
        unsigned pages;
    } elsewhere[STATION_ELSEWHERE_MAX];
    size_t elsewhere_count;

    struct station_print prints[STATION_PRINTS_MAX];
    size_t print_count;
    bool printing, resumed;
    uint64_t printing_number;
    uint64_t print_failed; /* a receipt that could not be queued */
    char print_text[400];

    struct jem_code_reader *readers[STATION_READERS_MAX]; /* readers_lock */
    char reader_ids[STATION_READERS_MAX][128];
    bool reader_gone[STATION_READERS_MAX];
    size_t reader_count;
    char code[JEM_CODE_READER_TEXT_MAX + 1];
    int64_t code_ms; /* 0: none */

    unsigned tries; /* STATION_TRY_* of the check that is wanted */
    json_t *check;
    struct jem_buf picture;
};

void *station_scanner_main(void *station);
void *station_printer_main(void *station);
void *station_readers_main(void *station);
/* Closes all readers, so that others may look at them; they come back at the thread's next turn. readers_lock is held. */
void station_readers_close(struct jem_station *s);
void station_check_run(struct jem_station *s, struct jem_app *app, unsigned tries); /* in the scanner's thread */
/* Waits for news or a tick; with the lock held. */
void station_wait(struct jem_station *s);
void station_touch(struct jem_station *s); /* something changed: with the lock held */
unsigned station_usb_changes(struct jem_station *s);
#endif
