/* kinds.h - bodies of the events that are not about one application (see application.h for the others).
 *
 * catalog.published {"version":n,"catalog":{the merged catalogue}}
 * user.put          {"user","name","role":"officer"|"supervisor"|"clerk"|"verifier"|"approver"|"admin"}
 * user.disabled     {"user","reason"}
 * van.enrolled      {"van":n,"name","sign":hex32 public key,"box":hex32 public key,"epoch":n,"inc":n}
 * ledger.acked      {"writer":n,"inc":n,"seq":last event accepted,"hash":hex of that event,
 *                    "level":"received"|"durable","head":hex oid of the accepted commit,
 *                    "scan":chunks accepted so far,"missing":[hex hashes of documents to send again]}
 */
#ifndef JEMPUT_KINDS_H
#define JEMPUT_KINDS_H
#endif
