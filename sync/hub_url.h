/* hub_url.h - what kind of place a hub's URL names. */
#ifndef JEMPUT_SYNC_HUB_URL_H
#define JEMPUT_SYNC_HUB_URL_H
#include "jemput/round.h"

enum jem_hub_kind { JEM_HUB_UNKNOWN = 0, JEM_HUB_FOLDER, JEM_HUB_HTTP, JEM_HUB_SSH };
enum jem_hub_kind jem_hub_url_kind(const char *url);
/* "host" or "host:port" of an http or ssh URL. */
void jem_hub_url_host(const char *url, char host[256]);
#endif
