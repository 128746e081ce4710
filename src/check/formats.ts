export const FORMATS = ['text', 'compact', 'json', 'github', 'sarif', 'junit', 'agent'] as const;
export type Format = (typeof FORMATS)[number];
