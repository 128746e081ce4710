import { systemClock } from '../../shared/clock.js';
import { type Drawing, showOnScreen } from '../show-on-screen.js';
import { ClusterApp } from './app.js';
import { type ClusterControllerOptions, createClusterController } from './controller.js';

export type ClusterViewOptions = Drawing &
  Pick<ClusterControllerOptions, 'first' | 'read' | 'rateSeconds'>;

/** Shows the live view until its user leaves. */
export async function showCluster(options: ClusterViewOptions): Promise<void> {
  const { first, read, rateSeconds, style } = options;
  await showOnScreen(options, (quit) => {
    const controller = createClusterController({
      ...{ first, read, rateSeconds, quit, clock: systemClock },
    });
    return {
      app: <ClusterApp controller={controller} style={style} />,
      close: () => controller.close(),
    };
  });
}
