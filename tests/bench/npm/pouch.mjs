// pouch.mjs - PouchDB as the budget table's rival.
//   node pouch.mjs serve DIR           express-pouchdb with its databases under DIR; prints its address
//   node pouch.mjs push DIR URL LINES  stores each JSON line of LINES as a document of the database DIR and replicates it to URL
import { readFileSync } from "node:fs";
import express from "express";
import expressPouchdb from "express-pouchdb";
import http from "pouchdb-adapter-http";
import leveldb from "pouchdb-adapter-leveldb";
import Core from "pouchdb-core";
import mapreduce from "pouchdb-mapreduce";
import replication from "pouchdb-replication";

const PouchDB = Core.plugin(leveldb).plugin(http).plugin(mapreduce).plugin(replication);
const [mode, dir, url, lines] = process.argv.slice(2);

if (mode === "serve") {
    const app = express();
    const server = PouchDB.defaults({ prefix: `${dir}/` });
    app.use(expressPouchdb(server, { mode: "minimumForPouchDB", inMemoryConfig: true, logPath: `${dir}/log.txt` }));
    const listener = app.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${listener.address().port}`));
} else {
    const database = new PouchDB(dir);
    const documents = readFileSync(lines, "utf8").trimEnd().split("\n").map((line) => {
        const document = JSON.parse(line);
        return { _id: String(document.seq).padStart(8, "0"), ...document };
    });
    for (const stored of await database.bulkDocs(documents)) {
        if (!stored.ok) throw new Error(`not stored: ${JSON.stringify(stored)}`);
    }
    const done = await database.replicate.to(url);
    if (!done.ok || done.docs_written !== documents.length) throw new Error(`not replicated: ${JSON.stringify(done)}`);
    await database.close();
}
