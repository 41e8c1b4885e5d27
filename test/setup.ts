/** Property tests draw the same cases in every run: a failure here is a failure anywhere. */
import { configureGlobal } from "fast-check";

configureGlobal({ seed: 20261121 });
