export {
  openProject,
  type PreviewOptions,
  Project,
  type ProjectOptions,
  type Result,
  type RunOptions,
} from "./project";
