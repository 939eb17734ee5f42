/* status_file.h - what writer and reader of status.db agree on. Private to src/store. */
#ifndef JEM_STORE_STATUS_FILE_H
#define JEM_STORE_STATUS_FILE_H
#include "jemput/application.h"

#define JEM_STATUS_APPLICATION_ID 0x4a535431 /* "JST1" in the file's header */
#define JEM_STATUS_ASK "?"                   /* a reason that is not told in public */
#define JEM_STATUS_MESSAGE_MAX 96

/* What HQ signs for a row: "jemput-status-1\n" | number u64 | status name | ' ' | day, decimal. Returns its length. */
size_t jem_status_message(uint64_t number, enum jem_status status, int32_t day,
    unsigned char out[JEM_STATUS_MESSAGE_MAX]);
#endif
