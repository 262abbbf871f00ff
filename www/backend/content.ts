// The made-up ids of what the demo embeds, which its tokens cover.

/** Of the embed with this key. */
export const contentId = (key: string) => `7d1c0de0-5eed-4a11-9b0b-0c0ffee1${key.padStart(4, "0")}`;

/** The key of a report that is embedded in the place of another; no token for the first content covers it. */
export const ANOTHER_REPORT = "9001";

/** The roles of the demo's row-level security: each sees the rows of its region. */
export const ROLES = ["North", "South"] as const;
export type Role = (typeof ROLES)[number];
