/* clock.h - wall clock, monotonic clock and the hybrid logical clock (HLC).
 * An HLC value is 64 bits: 48 bits of Unix milliseconds, then a 16-bit counter (Kulkarni et al. 2014). */
#ifndef JEMPUT_CLOCK_H
#define JEMPUT_CLOCK_H
#include <stdint.h>

#include "jemput/error.h"

enum jem_clock_source { /* stored in events: values never change */
    JEM_CLOCK_UNKNOWN = 0,
    JEM_CLOCK_OPERATOR = 1,
    JEM_CLOCK_NTP = 2,
    JEM_CLOCK_GPS = 3,
    JEM_CLOCK_NONE = 4
};

/* The clock behind one table, so that tests turn it. jem_clock_system reads the kernel; its source is NTP
 * when adjtimex says synchronised, else NONE. */
struct jem_clock {
    int64_t (*now_unix_ms)(void *ctx);
    enum jem_clock_source (*source)(void *ctx);
    void *ctx;
};
const struct jem_clock *jem_clock_system(void);
int64_t jem_mono_ms(void);

#define JEM_HLC_MAX_AHEAD_MS ((int64_t)24 * 3600 * 1000) /* a foreign stamp further ahead does not pull us */
/* "operator","ntp","gps","none"; "unknown" for another value. */
const char *jem_clock_source_name(enum jem_clock_source source);
/* Of such a name, in the thread's language: who set the clock. */
const char *jem_clock_source_label(const char *name);
#define JEM_CLOCK_BEHIND_MS ((int64_t)600000)          /* a clock that is further behind its own records was set back */
#define JEM_CLOCK_EARLIEST_MS ((int64_t)1704067200000) /* 2024-01-01: an earlier wall clock is a dead battery */

/* The next stamp after `last`: later than it always; follows the wall clock when that is plausible
 * (not before JEM_CLOCK_EARLIEST_MS, and not more than 400 days beyond a nonzero `last`), else counts on. */
uint64_t jem_hlc_next(uint64_t last, int64_t wall_unix_ms);
/* `last` advanced past a stamp that was received, unless that is further ahead of the wall clock than
 * JEM_HLC_MAX_AHEAD_MS. */
uint64_t jem_hlc_seen(uint64_t last, uint64_t received, int64_t wall_unix_ms);
int64_t jem_hlc_unix_ms(uint64_t hlc);

/* Days since 1970-01-01 in Indonesia's western time (WIB, UTC+7), the day that a receipt prints. */
int32_t jem_day_of_unix_ms(int64_t at_unix_ms);
/* "2026-11-21" (11 bytes), and back (JEM_EINVAL). */
void jem_day_format(int32_t day, char out[11]);
JEM_NODISCARD enum jem_code jem_day_parse(const char *s, int32_t *out, struct jem_error *err);
/* "21 November 2026" / "21 Nov 2026 14.05" in the thread's language; WIB. cap >= 40 */
void jem_day_human(int32_t day, char *out, size_t cap);
void jem_time_human(int64_t at_unix_ms, char *out, size_t cap);
/* "2026-11-21T14:05:09+07:00" (26 bytes). */
void jem_time_iso(int64_t at_unix_ms, char out[26]);
#endif
