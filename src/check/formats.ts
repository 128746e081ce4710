export const FORMATS = ['text', 'compact', 'json', 'github', 'sarif', 'junit'] as const;
export type Format = (typeof FORMATS)[number];
