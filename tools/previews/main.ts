/** Writes docs/previews.md (`tsx tools/previews/main.ts`, `make previews`). */
import { writeFileSync } from "node:fs";
import { previewsFile, previewsText } from "./page";

void previewsText().then((text) => writeFileSync(previewsFile, text));
