export { type QuotaWithAccount, quotaWithAccount } from './quota-with-account.js';
