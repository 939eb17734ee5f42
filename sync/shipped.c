/* shipped.c - the dictionaries that are in the program: sync/assets/dictionary-<id>.bin, made by `make dictionary`. */
#include <pthread.h>

#include "jemput/asset.h"
#include "jemput/dictionary.h"

static struct jem_dictionary *shipped[JEM_DICTIONARY_SHIPPED_MAX + 1];
static pthread_once_t shipped_once = PTHREAD_ONCE_INIT;

/* A damaged one is as good as none: nothing is sealed under it, and what is sealed under it is refused. */
static void shipped_open(void)
{
    for (const struct jem_asset *asset = jem_assets_sync; asset->path != NULL; asset++) {
        struct jem_dictionary *d;
        struct jem_error err;
        if (jem_dictionary_open(asset->start, (size_t)(asset->end - asset->start), &d, &err) != JEM_OK)
            continue;
        uint16_t id = jem_dictionary_id(d);
        if (id <= JEM_DICTIONARY_SHIPPED_MAX && shipped[id] == NULL)
            shipped[id] = d;
        else
            jem_dictionary_free(d);
    }
}

const struct jem_dictionary *jem_dictionary_shipped(uint16_t id)
{
    pthread_once(&shipped_once, shipped_open);
    return id <= JEM_DICTIONARY_SHIPPED_MAX ? shipped[id] : NULL;
}
