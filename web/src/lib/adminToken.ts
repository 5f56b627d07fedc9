/** Owns the admin token of this tab. */

const tokenKey = "argus-admin-token";

/** The admin token of this tab; it is forgotten with the tab. */
export const adminToken = {
  get: (): string => sessionStorage.getItem(tokenKey) ?? "",
  set: (token: string): void => (token === "" ? sessionStorage.removeItem(tokenKey) : sessionStorage.setItem(tokenKey, token)),
};
