/** What the configuration reference of Spaces says of keys and values (huggingface.co/docs, 2026-11). */

export const COLOURS: readonly string[] = [
  'red',
  'yellow',
  'green',
  'blue',
  'indigo',
  'purple',
  'pink',
  'gray',
];

/** Characters; the Hub refuses more. */
export const LONGEST_DESCRIPTION = 60;

/** Keys whose value is one piece of text. */
export const TEXT_KEYS: ReadonlySet<string> = new Set([
  'title',
  'emoji',
  'colorFrom',
  'colorTo',
  'sdk',
  'sdk_version',
  'python_version',
  'app_file',
  'short_description',
  'suggested_hardware',
  'startup_duration_timeout',
  'thumbnail',
]);

export const LIST_KEYS: ReadonlySet<string> = new Set([
  'models',
  'datasets',
  'tags',
  'preload_from_hub',
  'hf_oauth_scopes',
]);

/** Keys that mean something to the Hub, for a Space or for any repository. */
export const KNOWN_KEYS: readonly string[] = [
  ...TEXT_KEYS,
  ...LIST_KEYS,
  'suggested_storage',
  'app_build_command',
  'app_port',
  'base_path',
  'fullWidth',
  'header',
  'pinned',
  'hf_oauth',
  'hf_oauth_expiration_minutes',
  'hf_oauth_authorized_org',
  'disable_embedding',
  'custom_headers',
  'license',
  'license_name',
  'license_link',
  'language',
  'duplicated_from',
  'failure_strategy',
  'load_balancing_strategy',
  // Told by a rule of its own.
  'hardware',
];
