// Runs the script of verify.html under Node, without a page.
//
//     node run_page.js verify.html < jobs.jsonl > reports.jsonl
//
// A job is {"bundle": path, "keys": [...], "previous": path or null}; its report is the page's, as one line of JSON.
// Or it is {"vector": a row of vectors.json}, answered with whether it holds.
"use strict";
const fs = require("fs");
const readline = require("readline");
const vm = require("vm");

const page = fs.readFileSync(process.argv[2], "utf8");
vm.runInThisContext(/<script>([^]*)<\/script>/.exec(page)[1]);

function holds({ key, message, signature, leaf, index, size, path, root, old_size: oldSize, old_root: oldRoot }) {
  const bytes = (hex) => new Uint8Array(Buffer.from(hex, "hex")), hashes = (path || []).map(bytes);
  if (key !== undefined) return signature.length === 128 && key.length === 64 && auroraVerify.ed25519(bytes(key), bytes(message), bytes(signature));
  if (leaf === undefined) return auroraVerify.isConsistent(oldSize, size, bytes(oldRoot), bytes(root), hashes);
  const found = auroraVerify.rootByInclusion(index, size, bytes(leaf), hashes);
  return found !== null && Buffer.from(found).toString("hex") === root;
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const job = JSON.parse(line), started = process.cpuUsage();
    if (job.vector) {
      console.log(JSON.stringify(holds(job.vector)));
      continue;
    }
    const options = { keys: job.keys || [], previous: job.previous ? new Uint8Array(fs.readFileSync(job.previous)) : null };
    const report = await auroraVerify.verify(new Uint8Array(fs.readFileSync(job.bundle)), options);
    const { user, system } = process.cpuUsage(started);
    console.log(JSON.stringify({ good: report.good, findings: report.findings, steps: report.steps, notes: report.notes, facts: report.facts, seconds: (user + system) / 1e6 }));
  }
})();
