// Which pictures of an edit are not handed on as they are: the models do not read them, or would see them too large. Each
// is converted and lies at Runflow before the run begins. Pure.

/**
 * `picture`: its position from 0. `asset`: where what was made of it lies. `frames`: that is the first of several.
 * `readable`: the models read it as it is; `asIs`: so it is handed on after all.
 */
export type Intake = {
  picture: number;
  asset?: string | undefined;
  frames?: true | undefined;
  readable?: true | undefined;
  asIs?: true | undefined;
};

type Taken = { intake?: readonly Intake[] | undefined };

/** The next one to convert; undefined when nothing is left to do. */
export const nextIntake = ({ intake = [] }: Taken): Intake | undefined =>
  intake.find(({ asset, asIs }) => !asset && !asIs);

/** Where a picture lies that was converted. */
export const assetOf = ({ intake = [] }: Taken, picture: number): string | undefined =>
  intake.find((one) => one.picture === picture)?.asset;

/** Whether any picture is only the first of several. */
export const hasFrames = ({ intake = [] }: Taken): boolean => intake.some(({ frames }) => frames);

/** The same once a picture is converted. */
export const takeIn = (intake: readonly Intake[], done: Intake): readonly Intake[] =>
  intake.map((one) => (one.picture === done.picture ? done : one));
