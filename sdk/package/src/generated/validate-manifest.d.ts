/** The types of validate-manifest.js, which scripts/generate-manifest-validator.ts makes. */

/** An error as ajv writes it with `verbose`, cut down to what this package reads. */
export interface SchemaError {
  /** JSON pointer into the manifest. */
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
  /** What the keyword says in the schema. */
  readonly schema?: unknown;
  /** The schema object the keyword stands in. */
  readonly parentSchema?: { readonly description?: string; readonly properties?: Readonly<Record<string, { readonly description?: string }>> };
  /** The value that failed. */
  readonly data?: unknown;
  /** Set for errors inside `propertyNames`: the key that failed. */
  readonly propertyName?: string;
}

export interface ManifestValidator {
  (manifest: unknown): boolean;
  errors?: readonly SchemaError[] | null;
}

export const validate: ManifestValidator;
export default validate;
