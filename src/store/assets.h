/* assets.h - the schemas, embedded by the build. Private to src/store. */
#ifndef JEM_STORE_ASSETS_H
#define JEM_STORE_ASSETS_H
extern const char jem_asset_log_sql_start[], jem_asset_log_sql_end[];
extern const char jem_asset_local_sql_start[], jem_asset_local_sql_end[];
extern const char jem_asset_local_2_sql_start[], jem_asset_local_2_sql_end[];
extern const char jem_asset_local_3_sql_start[], jem_asset_local_3_sql_end[];
extern const char jem_asset_local_4_sql_start[], jem_asset_local_4_sql_end[];
extern const char jem_asset_local_5_sql_start[], jem_asset_local_5_sql_end[];
extern const char jem_asset_local_6_sql_start[], jem_asset_local_6_sql_end[];
extern const char jem_asset_views_sql_start[], jem_asset_views_sql_end[];
extern const char jem_asset_status_db_sql_start[], jem_asset_status_db_sql_end[];
#endif
