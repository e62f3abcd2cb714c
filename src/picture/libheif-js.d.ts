// What is used of libheif-js, which describes no types of its own for this.
declare module 'libheif-js/wasm-bundle.js' {
  type Pixels = { data: Uint8ClampedArray; width: number; height: number };
  type HeifImage = {
    is_primary(): number | boolean;
    get_width(): number;
    get_height(): number;
    /** Fills in the pixels as RGBA; gives null where they cannot be decoded. */
    display(pixels: Pixels, done: (filled: Pixels | null) => void): void;
    free(): void;
  };
  const libheif: { HeifDecoder: new () => { decode(bytes: Uint8Array): HeifImage[] } };
  export default libheif;
}
