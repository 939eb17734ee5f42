/* agency.h - exchange with the agencies whose services vans take in: packages out, answers in.
 *
 * A package, version 1, is one JSON object or a CSV file, with a detached signature in SSHSIG form beside it (FILE.sig) that stock
 * `ssh-keygen -Y verify -n git -I hq@jemput.invalid -f SIGNERS -s FILE.sig < FILE` checks; SIGNERS is what `hq signers` writes.
 *   {"format":"jemput-exchange-1","package":"7K3M9-Q9TDX","agency":"bpjs-kesehatan","office","region","made":"2026-11-29",
 *    "applications":[{"number","service","submitted","channel","nik","name","village","documents":[{"kind","pages"}],"fields":{}}]}
 *   CSV: package,number,service,submitted,channel,nik,name,village,documents and a column for each field, `field_NAME`.
 * It holds what the agency's forms ask, with whole numbers, and nothing of officers, vans, history or other agencies.
 * Answers are a CSV file with the columns number, status, reference, and where they apply reason and name, or
 *   {"format":"jemput-exchange-1","agency","answers":[{"number","status","reference","reason"?,"name"?}]}
 * status: ready, returned, rejected, handed_over. */
#ifndef JEMPUT_AGENCY_H
#define JEMPUT_AGENCY_H
#include "jemput/app.h"

struct jem_package {
    const char *agency;
    bool csv;
    const char *again; /* a package that was made before, once more; NULL: a new one */
};
/* Approver or admin, of that agency or of none. A new package takes the verified applications of the agency's services (at most
 * 10,000, the oldest first): each goes in process, with the package in its history, in one durable unit, before the bytes are given.
 * `file` and `signature` are appended to. {"agency","package","applications":n}
 * JEM_ENOTFOUND no such agency, nothing is verified, or no such package */
JEM_NODISCARD enum jem_code jem_agency_out(struct jem_app *app, const struct jem_package *in, struct jem_buf *file,
    struct jem_buf *signature, json_t **out, struct jem_error *err);
/* Approver or admin. Each line that matches an application of the agency becomes a decision with the agency's reference; the others
 * are told and change nothing. Again: what stands already is counted. When a key of the agency is known, `signature` must be by it.
 * {"agency","applied":[{"line","number","status","reference"}],"already":n,"refused":[{"line","number","error"}]}
 * JEM_EINVAL no answers file | JEM_ECORRUPT the signature is missing or wrong */
JEM_NODISCARD enum jem_code jem_agency_in(struct jem_app *app, const char *agency, const char *text, size_t n,
    const char *signature, size_t signature_n, json_t **out, struct jem_error *err);
/* Admin. "ssh-ed25519 AAAA...": from now on answers of the agency must be signed by it; "" none. {"agency","key"} */
JEM_NODISCARD enum jem_code jem_agency_key(struct jem_app *app, const char *agency, const char *key, json_t **out,
    struct jem_error *err);
/* {"agencies":[{"agency","name","waiting": verified applications, at most 100 counted,"key":"" or the key}]} */
JEM_NODISCARD enum jem_code jem_agency_list(struct jem_app *app, json_t **out, struct jem_error *err);
#endif
