/* agency_own.h - what the two ways of exchange with agencies share. Private to src/app. */
#ifndef APP_AGENCY_OWN_H
#define APP_AGENCY_OWN_H
#include "data_own.h"
#include "jemput/agency.h"

#define AGENCY_FORMAT "jemput-exchange-1"
#define AGENCY_ROLES "approver,admin"
/* Services of the agency, borrowed from the catalogue: an array that the caller frees. JEM_ENOTFOUND names the agencies that are;
 * JEM_EDENIED for an officer of another. */
JEM_NODISCARD enum jem_code own_agency_services(struct jem_app *app, const char *agency,
    const struct jem_service ***out, size_t *count, struct jem_error *err);
/* The key that the agency's answers must be signed by; "" none. */
void own_agency_key(struct jem_app *app, const char *agency, char out[200]);
#endif
