/** Whether `--as`, a setting or a file names the owner of the user's own token, whom the Hub is asked for. */
export const namesAccount = (visitor: string): boolean => visitor.trim() === 'account';
