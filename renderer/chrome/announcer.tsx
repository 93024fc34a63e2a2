// Says to a screen reader what changed: the edit, sizes that were found, problems that came and went. Polite, and a moment late, so
// that several changes become one sentence.
import { useEffect, useState, type JSX } from 'react';

import { useDocument } from '../stores/document';
import { useLive } from '../stores/live';
import { useModel } from '../stores/model';
import { saidText, t } from '../text';

const PAUSE_MS = 250;

export function Announcer(): JSX.Element {
  const [text, setText] = useState('');
  useEffect(() => {
    let waiting: string[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const say = (sentence: string): void => {
      waiting = [...waiting.filter((each) => each !== sentence), sentence];
      clearTimeout(timer);
      timer = setTimeout(() => {
        setText(waiting.join('. '));
        waiting = [];
      }, PAUSE_MS);
    };
    const ends = [
      useDocument.subscribe(({ past, future, saved, project, file }, before) => {
        if (project && before.project === null) return;
        if (saved !== before.saved && file !== before.file)
          say(t('announce.opened', { name: file?.name ?? t('announce.newProject') }));
        else if (past.length > before.past.length && future.length === 0 && before.future.length === 0)
          say(past.at(-1)?.label ?? '');
        else if (future.length > before.future.length)
          say(t('announce.undone', { step: future[0]?.label ?? '' }));
        else if (past.length > before.past.length)
          say(t('announce.redone', { step: past.at(-1)?.label ?? '' }));
      }),
      useModel.subscribe(({ fresh }, before) => {
        if (fresh === before.fresh || fresh.size === 0) return;
        say(t('announce.shaped', { count: fresh.size }));
      }),
      useLive.subscribe(({ problems }, before) => {
        const old = new Set(before.problems.map(({ message }) => message));
        const news = problems.filter(({ message }) => !old.has(message));
        if (news[0])
          say(
            news.length === 1
              ? saidText(news[0].message)
              : t('announce.problems', { count: news.length, first: saidText(news[0].message) }),
          );
        else if (problems.length === 0 && old.size > 0) say(t('announce.noProblems'));
      }),
    ];
    return () => {
      clearTimeout(timer);
      ends.forEach((end) => end());
    };
  }, []);
  return (
    <div className="announcer" role="status" aria-live="polite" aria-label={t('announcer.whatChanged')}>
      {text}
    </div>
  );
}
