/* kinds.h - bodies of the events that are not about one application (see application.h for the others).
 *
 * catalog.published {"version":n,"catalog":{the merged catalogue}}
 * user.put          {"user","name","role":"officer"|"supervisor"|"clerk"|"verifier"|"approver"|"admin"}
 * user.disabled     {"user","reason"}
 * van.enrolled      {"van":n,"name","sign":hex32 public key,"box":hex32 public key,"epoch":n,"inc":n}
 * ledger.acked      {"writer":n,"inc":n,"seq":last event accepted,"hash":hex of that event,
 *                    "level":"received"|"durable","head":hex oid of the accepted commit,
 *                    "scan":chunks accepted so far,"missing":[hex hashes of documents to send again]}
 *                   By HQ about a van's records and documents; by a van about HQ's lane for it: writer 0, inc HQ's,
 *                   scan 0, level "received". "durable": a backup of HQ that was read back and verified holds it.
 * key.rotated       {"epoch":n,"box":hex32 public key}   of the writer itself; the last event sealed with the old key
 * van.revoked       {"van":n,"inc":n,"seq":n,"hash":hex of that event,"reason"}   nothing of that van after it; seq 0
 *                   and a hash of zeros: nothing of that incarnation
 * quarantine.ruled  {"ref","head":hex oid,"admit":bool,"reason"}   admit: take that ref up to that head although it is
 *                   late; refuse: do not show it again until its head changes
 * history.returned  {"segment":base64}   the van's own events, sealed by HQ to the van, for one that lost them
 * district.status   {"base":"2026-11-21","cases":base64}   stages of other vans' applications (district.h)
 * dictionary.published {"id":2..65535,"bytes":base64}   for the compression of segments from then on
 * data.exported     {"what":"csv"|"jsonl"|"sqlite"|"mirror"|"exchange"|"access","to":file name, server or agency,
 *                    "rows":n,"whole":bool: with NIKs that are not masked,"about":{the selection},"reason"}   of HQ: what
 *                    personal data went out, for the record of processing (UU PDP 27/2022 art. 31)
 * body.redacted     {"numbers":[application numbers],"basis"}   of HQ, in its lane 0 and every van's: bodies of all events about
 *                    these, and their documents, are erased wherever this arrives, also of what comes later
 */
#ifndef JEMPUT_KINDS_H
#define JEMPUT_KINDS_H
#endif
