const ID = /^[\w.-]{1,96}\/[\w.-]{1,96}$/;

/** Whether the text is an `owner/name`, as a Space is called on the Hub. */
export const isSpaceId = (text: string): boolean => ID.test(text);
