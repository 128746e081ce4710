export { notifyOfUpdate, type UpdateWorld, updateFolder } from './update.js';
