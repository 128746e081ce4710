/** A bar for a share from 0 to 1: an SVG, since the page has no inline styles. */
export function Bar({ share, tone, label }: { share: number; tone: string; label: string }) {
  const percent = Math.round(share * 100);
  return (
    <svg
      class={`bar ${tone}`}
      viewBox="0 0 100 1"
      preserveAspectRatio="none"
      role="img"
      aria-label={`${percent} % ${label}`}
    >
      <rect width="100" height="1" class="empty" />
      <rect width={share * 100} height="1" class="full" />
    </svg>
  );
}
