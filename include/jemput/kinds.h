/* kinds.h - bodies of the events that are not about one application (see application.h for the others).
 *
 * catalog.published {"version":n,"catalog":{the merged catalogue}}
 * user.put          {"user","name","role":"officer"|"supervisor"|"clerk"|"verifier"|"approver"|"admin"|"system","agency"? whose services alone}
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
 *
 * The van's day. Times are Unix milliseconds; a row that follows another names its event, whether that has arrived or not.
 * queue.issued      {"day","number":1.. of that van and day,"category":"general"|"disability"|"elderly"|"maternal"|
 *                    "child"|"disaster"}   (vulnerable groups of PermenPANRB 11/2024 go first)
 * queue.called      {"ticket":event of queue.issued,"counter":1..9}   again: a recall
 * queue.served      {"ticket","counter"}
 * queue.skipped     {"ticket"}   did not come when called
 * visit.planned     {"van","village","from":day,"to":day,"place","note"?,"replaces"?:event,"cancelled"?:bool}   by HQ, in
 *                   that van's feed; replaces: this one stands instead of that one; cancelled: nothing does
 * visit.opened      {"village","place","team":[names],"plan"?:event of visit.planned}
 * visit.closed      {"visit":event of visit.opened,"applications":n,"tickets":n,"note"?}
 * handover.recorded about an application: {"name","relation":"self"|"family"|"proxy","nik4"?:last four digits,
 *                   "document"?:ordinal of a photo,"note"?}   makes it handed_over (application.h)
 * complaint.filed   about an application, or none: {"channel","category":"information"|"desk"|"field","text",
 *                   "name"?,"contact"?}
 * complaint.answered {"complaint":event of complaint.filed,"text","closes":bool}   by HQ or the van that filed it
 * outage.noted      {"what":"power"|"network"|"printer"|"scanner"|"server"|"other","from":ms,"to"?:ms,"note"?}
 *                   or {"outage":event of the first,"to":ms}   it is over
 * outage.photographed {"outage":event of outage.noted,"mime","size","hash":hex,"pages":[{"preview":hex,"size"}],"name"?}   a
 *                   photo that shows it, of the one who noted it; its bytes travel as those of document.attached do
 * survey.answered   {"day","u1".."u9":1..4,"service"?,"age"?,"sex"?,"education"?}   nobody's name or number (skm.h)
 */
#ifndef JEMPUT_KINDS_H
#define JEMPUT_KINDS_H
#endif
