/* log.h - what an operator reads on stderr: one line an event, no personal data, no secret. */
#ifndef JEMPUT_LOG_H
#define JEMPUT_LOG_H
enum jem_log_level { JEM_LOG_UNKNOWN = 0, JEM_LOG_ERROR, JEM_LOG_WARN, JEM_LOG_INFO, JEM_LOG_DEBUG };
void jem_log_level_set(enum jem_log_level level); /* WARN until set */
void jem_log(enum jem_log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#endif
