// Runs the script of verify.html under Node, without a page.
//
//     node run_page.js verify.html < jobs.jsonl > reports.jsonl
//
// A job is {"bundle": path, "keys": [...], "previous": path or null}; its report is the page's, as one line of JSON.
"use strict";
const fs = require("fs");
const readline = require("readline");
const vm = require("vm");

const page = fs.readFileSync(process.argv[2], "utf8");
vm.runInThisContext(/<script>([^]*)<\/script>/.exec(page)[1]);

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const job = JSON.parse(line), started = process.cpuUsage();
    const options = { keys: job.keys || [], previous: job.previous ? new Uint8Array(fs.readFileSync(job.previous)) : null };
    const report = await auroraVerify.verify(new Uint8Array(fs.readFileSync(job.bundle)), options);
    const { user, system } = process.cpuUsage(started);
    console.log(JSON.stringify({ good: report.good, findings: report.findings, steps: report.steps, notes: report.notes, facts: report.facts, seconds: (user + system) / 1e6 }));
  }
})();
