#!/usr/bin/env node
import { run } from "./command/run.js";

void run(process.argv.slice(2));
