// Schemas of the user's settings, from their table: as a call changes them, and as they stand in their file, damaged or not.
import { z } from 'zod';

import { PREFERENCE_NAMES, PREFERENCES, type Preference, type Preferences } from './preferences';

function schemaOf(preference: Preference): z.ZodType {
  switch (preference.kind) {
    case 'choice':
      return z.enum(preference.words);
    case 'switch':
      return z.boolean();
    case 'limit':
      return z.number().int().min(1).max(preference.most).nullable();
  }
}

const each = (schema: (preference: Preference) => z.ZodType): Record<string, z.ZodType> =>
  Object.fromEntries(PREFERENCE_NAMES.map((name) => [name, schema(PREFERENCES[name])]));

/** Some of them, each within its bounds. */
export const preferenceChangeSchema = z.strictObject(
  each((preference) => schemaOf(preference).exactOptional()),
) as unknown as z.ZodType<Partial<Preferences>>;

/** All of them; what is missing or wrong is as at first. */
export const preferencesSchema = z.object(
  each((preference) => schemaOf(preference).catch(preference.initial)),
) as unknown as z.ZodType<Preferences>;
