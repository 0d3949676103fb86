/** What came instead of a private key: another thing; an encrypted key that stays closed; or a key whose parts do not fit together. */
export type Came = { came: string } | { locked: string } | { fault: string };
