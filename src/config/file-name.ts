/** In the folder of a Space. */
export const CONFIG_FILE = 'zerogpu.json';
