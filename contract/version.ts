/** The version of the product; the same as in every package.json of the repository, which a test compares. */
export const productVersion = '0.2.0'
