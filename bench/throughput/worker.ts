/** The process that one measurement gets for itself: the job comes as JSON in argv, the result leaves as JSON on stdout. */
import { type Job, measure } from "./measure.ts";
import { findScenario } from "./scenarios/list.ts";
import { measureScenario } from "./scenarios/run.ts";

const job = JSON.parse(process.argv[2]) as Job;
const run = findScenario(job.path) === undefined ? measure : measureScenario;
run(job).then(
	(m) => process.stdout.write(`${JSON.stringify(m)}\n`),
	(e: Error) => {
		process.stderr.write(`${e.message}\n`);
		process.exitCode = 1;
	},
);
