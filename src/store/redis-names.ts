// What every key in Redis begins with, so that an account can be limited to them.

export const prefix = 'darkroom:';
