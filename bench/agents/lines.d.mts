export declare const LINE_BYTES: number;
export declare const LINES_IN_BLOCK: number;
export declare const HEAD: string;
export declare function blockOf(): Buffer;
export declare function numberBlock(block: Buffer, first: number): Buffer;
