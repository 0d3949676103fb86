/** The operations that local KMSs of this process were asked for since a test began. */
export const sent = new Set<string>();
