// The bytes of encoded text.

export const padding = 0x3d

/** Letters, digits and the signs of base64 and base64url: 1; padding: 2; other bytes: 0. */
export const isTextByte = new Uint8Array(256)
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_') isTextByte[character.charCodeAt(0)] = 1
isTextByte[padding] = 2
