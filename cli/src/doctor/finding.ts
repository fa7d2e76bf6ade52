/** One line of `forge doctor`. */

export interface Finding {
  /** What was looked at. */
  readonly name: string;
  /** `limited`: something works less well, or not for everybody. */
  readonly state: 'ok' | 'limited' | 'missing';
  /** What was found. */
  readonly found: string;
  /** How to mend it. */
  readonly remedy?: string;
  /** `forge run` cannot work without it. */
  readonly needed: boolean;
}
