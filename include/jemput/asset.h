/* asset.h - files that the build puts inside the program (src/embed.sh).
 * One table a room, sorted by path, ended by a NULL path. A NUL follows the bytes of each file, so that a text
 * file is also a C string. A single file is reached without the table by its symbols, e.g.
 *     extern const unsigned char jem_asset_log_sql_start[], jem_asset_log_sql_end[]; */
#ifndef JEMPUT_ASSET_H
#define JEMPUT_ASSET_H

struct jem_asset {
    const char *path; /* inside the room's folder: "assets/app.css", "catalog/services/ktp.json" */
    const unsigned char *start, *end;
};

extern const struct jem_asset jem_assets_record[], jem_assets_store[], jem_assets_sync[], jem_assets_web[];
#endif
