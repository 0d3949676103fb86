/** Loaded into every Node of a command with `daysLater`. */
const ahead = Number(process.env.DAYS_LATER) * 86_400_000;
const { now } = Date;

globalThis.Date = class Later extends Date {
  constructor(...given) {
    super(...(given.length > 0 ? given : [Later.now()]));
  }

  static now() {
    return now() + ahead;
  }
};
